/*
 * argus_auth.hpp - argus_auth.h for C++17: header-only, nothing to link besides libargus_auth.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Every object owns what it refers to; copies of Resolver, Headers, TokenStatus and Error are cheap and share it.
 * Views (Backend, Problem, std::string_view) are borrowed from the object that they were asked of and valid as long as
 * it or a copy of it is: who keeps a view keeps the object. A view of an object without a name is gone when the
 * expression ends, as in `auto view = resolver.headers("search", timeout).value().find("Authorization")`; lists of
 * views can't be asked of one at all. What holds for threads and fork in C holds here: const functions may be called
 * from any number of threads at once.
 *
 * No function here throws but Result::value(), and any that must copy and finds no memory. It compiles with exceptions
 * switched off as well; then there is no Result::value().
 */
#ifndef ARGUS_AUTH_HPP
#define ARGUS_AUTH_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "argus_auth_result.hpp"

namespace argus_auth {

namespace detail {

/// One reference to a reference-counted object.
template <class T, T *(*clone)(const T *), void (*free)(T *)> class Reference {
  public:
    explicit Reference(T *owned) noexcept : object_(owned) {}
    Reference(const Reference &other) noexcept : object_(clone(other.object_)) {}
    Reference(Reference &&other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Reference &operator=(Reference other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Reference() { free(object_); }
    T *get() const noexcept { return object_; }

  private:
    T *object_;
};

} // namespace detail

/// The headers that a request must carry: an immutable list of name and value. Values are secret.
class Headers {
  public:
    using value_type = std::pair<std::string_view, std::string_view>;

    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Headers::value_type;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = value_type;

        iterator() noexcept = default;
        iterator(const argus_auth_headers *headers, std::size_t index) noexcept : headers_(headers), index_(index) {}
        value_type operator*() const noexcept {
            return {detail::view(argus_auth_headers_name(headers_, index_)),
                    detail::view(argus_auth_headers_value(headers_, index_))};
        }
        iterator &operator++() noexcept {
            ++index_;
            return *this;
        }
        iterator operator++(int) noexcept {
            iterator before = *this;
            ++index_;
            return before;
        }
        friend bool operator==(const iterator &a, const iterator &b) noexcept { return a.index_ == b.index_; }
        friend bool operator!=(const iterator &a, const iterator &b) noexcept { return a.index_ != b.index_; }

      private:
        const argus_auth_headers *headers_ = nullptr;
        std::size_t index_ = 0;
    };

    /// Takes the reference over.
    explicit Headers(argus_auth_headers *owned) noexcept : headers_(owned) {}
    std::size_t size() const noexcept { return argus_auth_headers_count(headers_.get()); }
    bool empty() const noexcept { return size() == 0; }
    iterator begin() const noexcept { return {headers_.get(), 0}; }
    iterator end() const noexcept { return {headers_.get(), size()}; }
    /// The value of the header called `name`, whatever its case.
    std::optional<std::string_view> find(std::string_view name) const noexcept {
        argus_auth_str value{};
        if (!argus_auth_headers_find(headers_.get(), detail::address(name), name.size(), &value)) {
            return std::nullopt;
        }
        return detail::view(value);
    }
    /// For the functions of argus_auth.h; stays owned by this object.
    const argus_auth_headers *get() const noexcept { return headers_.get(); }

  private:
    detail::Reference<argus_auth_headers, argus_auth_headers_clone, argus_auth_headers_free> headers_;
};

/// One remote backend; borrowed.
class Backend {
  public:
    explicit Backend(const argus_auth_backend *backend) noexcept : backend_(backend) {}
    std::string_view name() const noexcept { return detail::view(argus_auth_backend_name(backend_)); }
    /// `sse` or `streamable-http`.
    std::string_view transport() const noexcept { return detail::view(argus_auth_backend_transport(backend_)); }
    /// May contain a key: not for logs.
    std::string_view url() const noexcept { return detail::view(argus_auth_backend_url(backend_)); }
    /// `static`, `oauth2`, `pkce`; empty without an `auth` block.
    std::string_view auth_type() const noexcept { return detail::view(argus_auth_backend_auth_type(backend_)); }

  private:
    const argus_auth_backend *backend_;
};

/// How a backend's token is doing: a snapshot, for operators.
class TokenStatus {
  public:
    /// Takes `owned` over; NULL is the status of a backend that needs no token.
    explicit TokenStatus(argus_auth_token_status *owned) : status_(owned, argus_auth_token_status_free) {}
    /// What a caller would have met; ARGUS_AUTH_TOKEN_STATE_NONE for a backend that needs no token.
    argus_auth_token_state state() const noexcept { return argus_auth_token_status_state(status_.get()); }
    /// How long the token may still be used; none without one.
    std::optional<std::chrono::milliseconds> expires_in() const noexcept {
        return time(argus_auth_token_status_expires_in_ms(status_.get()));
    }
    /// How long ago a token was last got; none if none ever was.
    std::optional<std::chrono::milliseconds> since_success() const noexcept {
        return time(argus_auth_token_status_since_success_ms(status_.get()));
    }
    /// For how long the token endpoint is still left alone after a failure.
    std::chrono::milliseconds cool_down() const noexcept {
        return std::chrono::milliseconds(argus_auth_token_status_cool_down_ms(status_.get()));
    }
    bool fetching() const noexcept { return argus_auth_token_status_fetching(status_.get()); }
    /// Fetches that got a token, fetches that got none, and how often a token was served without waiting.
    std::uint64_t successes() const noexcept { return argus_auth_token_status_successes(status_.get()); }
    std::uint64_t failures() const noexcept { return argus_auth_token_status_failures(status_.get()); }
    std::uint64_t hits() const noexcept { return argus_auth_token_status_hits(status_.get()); }
    /// Why the last fetch that failed did, kept after a success.
    std::optional<Error> last_error() const noexcept {
        const argus_auth_error *error = argus_auth_token_status_last_error(status_.get());
        if (error == nullptr) {
            return std::nullopt;
        }
        return Error(std::shared_ptr<const argus_auth_error>(status_, error));
    }

  private:
    static std::optional<std::chrono::milliseconds> time(std::int64_t milliseconds) noexcept {
        if (milliseconds < 0) {
            return std::nullopt;
        }
        return std::chrono::milliseconds(milliseconds);
    }

    std::shared_ptr<argus_auth_token_status> status_;
};

/// How a configuration is loaded.
struct LoadOptions {
    argus_auth_unresolved unresolved = ARGUS_AUTH_UNRESOLVED_ERROR;
};

/// The remote backends of one configuration, and the headers that a request to each must carry.
class Resolver {
  public:
    /// Takes the reference over.
    explicit Resolver(argus_auth_resolver *owned) noexcept : resolver_(owned) {}
    /// Loads the file at `path`. The Error has every problem of the file.
    static Result<Resolver> from_file(std::string_view path, const LoadOptions &options = {}) {
        return load(argus_auth_resolver_from_file, path, options);
    }
    /// Reads a configuration from YAML text. The Error has every problem of the text.
    static Result<Resolver> from_text(std::string_view text, const LoadOptions &options = {}) {
        return load(argus_auth_resolver_from_text, text, options);
    }
    /// The remote backends, in file order; borrowed, so not of a Resolver that ends with the expression.
    std::vector<Backend> backends() const && = delete;
    std::vector<Backend> backends() const & {
        std::vector<Backend> backends;
        for (std::size_t i = 0; i < argus_auth_resolver_backend_count(resolver_.get()); i++) {
            backends.emplace_back(argus_auth_resolver_backend(resolver_.get(), i));
        }
        return backends;
    }
    /// What the configuration was loaded with in spite of, in file order; borrowed as `backends()` is.
    std::vector<Problem> warnings() const && = delete;
    std::vector<Problem> warnings() const & {
        std::vector<Problem> warnings;
        for (std::size_t i = 0; i < argus_auth_resolver_warning_count(resolver_.get()); i++) {
            warnings.emplace_back(argus_auth_resolver_warning(resolver_.get(), i));
        }
        return warnings;
    }
    /// The headers for `backend`; blocks while a token is fetched, for at most `timeout`.
    Result<Headers> headers(std::string_view backend, std::chrono::milliseconds timeout) const {
        return detail::get<Headers, argus_auth_headers>([&](argus_auth_headers **out, argus_auth_error **error) {
            return argus_auth_resolver_headers(resolver_.get(), detail::address(backend), backend.size(),
                                               detail::milliseconds(timeout), out, error);
        });
    }
    /// The headers for `backend`, if they can be had without waiting; otherwise none, and a fetch is under way.
    Result<std::optional<Headers>> try_headers(std::string_view backend) const {
        argus_auth_headers *headers = nullptr;
        argus_auth_error *error = nullptr;
        argus_auth_status status = argus_auth_resolver_try_headers(resolver_.get(), detail::address(backend),
                                                                   backend.size(), &headers, &error);
        if (status == ARGUS_AUTH_STATUS_NOT_READY) {
            return std::optional<Headers>();
        }
        if (status != ARGUS_AUTH_STATUS_OK) {
            return Error(status, error);
        }
        return std::optional<Headers>(Headers(headers));
    }
    /// Says that `backend` refused its headers: the next caller gets a new token. A token that has replaced the one in
    /// `rejected`, the `Authorization` value that was refused, is kept; without `rejected` whatever is held now goes.
    Outcome invalidate(std::string_view backend, std::optional<std::string_view> rejected = std::nullopt) const {
        return detail::outcome([&](argus_auth_error **error) {
            return argus_auth_resolver_invalidate(resolver_.get(), detail::address(backend), backend.size(),
                                                  rejected ? detail::address(*rejected) : nullptr,
                                                  rejected ? rejected->size() : 0, error);
        });
    }
    /// Reads the file again; this object and all its copies serve what it says now. What they list as backends and
    /// warnings does not change: the Resolver that this returns lists what is in force now. On failure, with every
    /// problem of the file, all stays as it was.
    Result<Resolver> reload() const {
        return detail::get<Resolver, argus_auth_resolver>([&](argus_auth_resolver **out, argus_auth_error **error) {
            return argus_auth_resolver_reload(resolver_.get(), out, error);
        });
    }
    /// How the token of `backend` is doing. Never waits, fetches nothing.
    Result<TokenStatus> status(std::string_view backend) const {
        using Status = argus_auth_token_status;
        return detail::get<TokenStatus, Status>([&](Status **out, argus_auth_error **error) {
            return argus_auth_resolver_status(resolver_.get(), detail::address(backend), backend.size(), out, error);
        });
    }
    /// Counters and gauges of all backends that need tokens, in the Prometheus text format (version 0.0.4).
    Result<std::string> metrics() const {
        argus_auth_text *text = nullptr;
        argus_auth_error *error = nullptr;
        argus_auth_status status = argus_auth_resolver_metrics(resolver_.get(), &text, &error);
        if (status != ARGUS_AUTH_STATUS_OK) {
            return Error(status, error);
        }
        std::unique_ptr<argus_auth_text, void (*)(argus_auth_text *)> owned(text, argus_auth_text_free);
        return std::string(detail::view(argus_auth_text_get(text)));
    }
    /// For the functions of argus_auth.h; stays owned by this object.
    const argus_auth_resolver *get() const noexcept { return resolver_.get(); }

  private:
    template <class Load> static Result<Resolver> load(Load load, std::string_view text, const LoadOptions &options) {
        argus_auth_load_options c_options = ARGUS_AUTH_LOAD_OPTIONS_INIT;
        c_options.unresolved = options.unresolved;
        return detail::get<Resolver, argus_auth_resolver>([&](argus_auth_resolver **out, argus_auth_error **error) {
            return load(detail::address(text), text.size(), &c_options, out, error);
        });
    }

    detail::Reference<argus_auth_resolver, argus_auth_resolver_clone, argus_auth_resolver_free> resolver_;
};

/// Receives log events, on any thread and on several at once. An exception that leaves it, or its destructor, ends the
/// program.
using LogFunction = std::function<void(argus_auth_log_level level, std::string_view target, std::string_view message)>;

/// Has `function` called for every log event that is as serious as `max_level` or more so, in place of any function
/// that was there before. There is one per process. A function that is empty is an error and changes nothing.
inline Outcome set_log(argus_auth_log_level max_level, LogFunction function) {
    auto owned = std::make_unique<LogFunction>(std::move(function));
    argus_auth_log_callback call = [](void *user_data, argus_auth_log_level level, argus_auth_str target,
                                      argus_auth_str message) noexcept {
        (*static_cast<LogFunction *>(user_data))(level, detail::view(target), detail::view(message));
    };
    auto free = [](void *user_data) noexcept { delete static_cast<LogFunction *>(user_data); };
    Outcome outcome = detail::outcome([&](argus_auth_error **error) {
        return argus_auth_log_register(*owned ? call : nullptr, owned.get(), free, max_level, error);
    });
    if (outcome) {
        static_cast<void>(owned.release()); // the library frees it
    }
    return outcome;
}

/// Has the log function called no more: when this returns, no call of it is running and it has been destroyed. Not to
/// be called with a lock held that the function takes; to be called before what the function uses is destroyed.
inline Outcome clear_log() { return detail::outcome(argus_auth_log_unregister); }

/// Stops the engine's thread, waiting for its end for at most `timeout`. All objects stay usable.
inline Outcome shutdown(std::chrono::milliseconds timeout) {
    return detail::outcome(
        [&](argus_auth_error **error) { return argus_auth_shutdown(detail::milliseconds(timeout), error); });
}

/// The version of the library that runs, to be compared with ARGUS_AUTH_VERSION.
inline std::string_view version() noexcept { return detail::view(argus_auth_version()); }

} // namespace argus_auth

#endif // ARGUS_AUTH_HPP
