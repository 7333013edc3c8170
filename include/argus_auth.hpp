/*
 * argus_auth.hpp - argus_auth.h for C++17: header-only, nothing to link besides libargus_auth.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Every object owns what it refers to; copies of Resolver, Headers and Error are cheap and share it. Views (Backend,
 * Problem, std::string_view) are borrowed from the object that they were asked of and valid as long as it or a copy of
 * it is. What holds for threads and fork in C holds here: const functions may be called from any number of threads at
 * once.
 *
 * No function here throws but Result::value(), and any that must copy and finds no memory. It compiles with exceptions
 * switched off as well; then there is no Result::value().
 */
#ifndef ARGUS_AUTH_HPP
#define ARGUS_AUTH_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "argus_auth.h"

namespace argus_auth {

namespace detail {

inline std::string_view view(argus_auth_str text) noexcept { return {text.data, text.len}; }

/// An empty view may have no address, which C would take for a missing argument.
inline const char *address(std::string_view text) noexcept { return text.data() == nullptr ? "" : text.data(); }

/// A whole number of milliseconds that C can express: a longer wait becomes the longest, a negative one none.
inline std::uint32_t milliseconds(std::chrono::milliseconds time) noexcept {
    if (time.count() < 0) {
        return 0;
    }
    return time.count() > std::int64_t{UINT32_MAX} ? UINT32_MAX : static_cast<std::uint32_t>(time.count());
}

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

/// One thing that is wrong with a configuration; borrowed.
class Problem {
  public:
    explicit Problem(const argus_auth_problem *problem) noexcept : problem_(problem) {}
    argus_auth_severity severity() const noexcept { return argus_auth_problem_severity(problem_); }
    /// From 1; 0 when the problem has no place in the text.
    std::uint32_t line() const noexcept { return argus_auth_problem_line(problem_); }
    /// In characters, from 1; 0 when the problem has no place in the text.
    std::uint32_t column() const noexcept { return argus_auth_problem_column(problem_); }
    /// `backends.my-server.auth.token_url`; empty for the whole file.
    std::string_view path() const noexcept { return detail::view(argus_auth_problem_path(problem_)); }
    std::string_view message() const noexcept { return detail::view(argus_auth_problem_message(problem_)); }

  private:
    const argus_auth_problem *problem_;
};

/// Why a call failed. An exception too, for those who want one: see Result::value().
class Error : public std::exception {
  public:
    /// Takes `owned` over, which may be NULL.
    Error(argus_auth_status status, argus_auth_error *owned) : status_(status), error_(owned, argus_auth_error_free) {}
    argus_auth_status status() const noexcept { return status_; }
    /// A stable word for the kind of error: `token_rejected`, say.
    std::string_view code() const noexcept { return detail::view(argus_auth_error_code(error_.get())); }
    std::string_view message() const noexcept { return detail::view(argus_auth_error_message(error_.get())); }
    const char *what() const noexcept override { return argus_auth_error_message(error_.get()).data; }
    /// Whether the same call may succeed later without anyone changing anything.
    bool retryable() const noexcept { return argus_auth_error_retryable(error_.get()); }
    /// The configuration file; empty when the error is not about one.
    std::string_view file() const noexcept { return detail::view(argus_auth_error_file(error_.get())); }
    /// What is wrong with the configuration, in file order.
    std::vector<Problem> problems() const {
        std::vector<Problem> problems;
        for (std::size_t i = 0; i < argus_auth_error_problem_count(error_.get()); i++) {
            problems.emplace_back(argus_auth_error_problem(error_.get(), i));
        }
        return problems;
    }
    /// Of the token endpoint's response; 0 when there was none.
    std::uint32_t http_status() const noexcept { return argus_auth_error_http_status(error_.get()); }
    /// Without user, password, query and fragment; empty when the error is not about a token.
    std::string_view token_url() const noexcept { return detail::view(argus_auth_error_token_url(error_.get())); }
    /// `error` and `error_description` of RFC 6749 section 5.2; empty when there was no such response.
    std::string_view oauth_error() const noexcept { return detail::view(argus_auth_error_oauth_error(error_.get())); }
    std::string_view oauth_error_description() const noexcept {
        return detail::view(argus_auth_error_oauth_error_description(error_.get()));
    }

  private:
    argus_auth_status status_;
    std::shared_ptr<argus_auth_error> error_;
};

/// What was asked for, or why it could not be had.
template <class T> class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
    explicit operator bool() const noexcept { return state_.index() == 0; }
    /// Only if there is a value.
    T &operator*() noexcept { return *std::get_if<0>(&state_); }
    const T &operator*() const noexcept { return *std::get_if<0>(&state_); }
    T *operator->() noexcept { return std::get_if<0>(&state_); }
    const T *operator->() const noexcept { return std::get_if<0>(&state_); }
    /// Only if there is no value.
    const Error &error() const noexcept { return *std::get_if<1>(&state_); }
#if defined(__cpp_exceptions)
    /// The value; throws the Error if there is none.
    T &value() & { return check(), **this; }
    const T &value() const & { return check(), **this; }
    T value() && { return check(), std::move(**this); }

  private:
    void check() const {
        if (!*this) {
            throw error();
        }
    }
#endif

  private:
    std::variant<T, Error> state_;
};

/// Success, or why not.
using Outcome = Result<std::monostate>;

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
        const argus_auth_headers *headers_;
        std::size_t index_;
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
    /// The remote backends, in file order.
    std::vector<Backend> backends() const {
        std::vector<Backend> backends;
        for (std::size_t i = 0; i < argus_auth_resolver_backend_count(resolver_.get()); i++) {
            backends.emplace_back(argus_auth_resolver_backend(resolver_.get(), i));
        }
        return backends;
    }
    /// What the configuration was loaded with in spite of, in file order.
    std::vector<Problem> warnings() const {
        std::vector<Problem> warnings;
        for (std::size_t i = 0; i < argus_auth_resolver_warning_count(resolver_.get()); i++) {
            warnings.emplace_back(argus_auth_resolver_warning(resolver_.get(), i));
        }
        return warnings;
    }
    /// The headers for `backend`; blocks while a token is fetched, for at most `timeout`.
    Result<Headers> headers(std::string_view backend, std::chrono::milliseconds timeout) const {
        argus_auth_headers *headers = nullptr;
        argus_auth_error *error = nullptr;
        argus_auth_status status = argus_auth_resolver_headers(
            resolver_.get(), detail::address(backend), backend.size(), detail::milliseconds(timeout), &headers, &error);
        if (status != ARGUS_AUTH_STATUS_OK) {
            return Error(status, error);
        }
        return Headers(headers);
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
        argus_auth_error *error = nullptr;
        argus_auth_status status = argus_auth_resolver_invalidate(
            resolver_.get(), detail::address(backend), backend.size(), rejected ? detail::address(*rejected) : nullptr,
            rejected ? rejected->size() : 0, &error);
        if (status != ARGUS_AUTH_STATUS_OK) {
            return Error(status, error);
        }
        return std::monostate();
    }
    /// For the functions of argus_auth.h; stays owned by this object.
    const argus_auth_resolver *get() const noexcept { return resolver_.get(); }

  private:
    template <class Load> static Result<Resolver> load(Load load, std::string_view text, const LoadOptions &options) {
        argus_auth_load_options c_options = ARGUS_AUTH_LOAD_OPTIONS_INIT;
        c_options.unresolved = options.unresolved;
        argus_auth_resolver *resolver = nullptr;
        argus_auth_error *error = nullptr;
        argus_auth_status status = load(detail::address(text), text.size(), &c_options, &resolver, &error);
        if (status != ARGUS_AUTH_STATUS_OK) {
            return Error(status, error);
        }
        return Resolver(resolver);
    }

    detail::Reference<argus_auth_resolver, argus_auth_resolver_clone, argus_auth_resolver_free> resolver_;
};

/// Receives log events, on any thread and on several at once. An exception that leaves it ends the program.
using LogFunction = std::function<void(argus_auth_log_level level, std::string_view target, std::string_view message)>;

/// Has `function` called for every log event that is as serious as `max_level` or more so, in place of any function
/// that was there before. There is one per process.
inline Outcome set_log(argus_auth_log_level max_level, LogFunction function) {
    auto owned = std::make_unique<LogFunction>(std::move(function));
    auto call = [](void *user_data, argus_auth_log_level level, argus_auth_str target,
                   argus_auth_str message) noexcept {
        (*static_cast<LogFunction *>(user_data))(level, detail::view(target), detail::view(message));
    };
    auto free = [](void *user_data) noexcept { delete static_cast<LogFunction *>(user_data); };
    argus_auth_error *error = nullptr;
    argus_auth_status status = argus_auth_log_register(call, owned.get(), free, max_level, &error);
    if (status != ARGUS_AUTH_STATUS_OK) {
        return Error(status, error);
    }
    static_cast<void>(owned.release()); // the library frees it
    return std::monostate();
}

/// Has the log function called no more: when this returns, no call of it is running and it has been destroyed.
inline Outcome clear_log() {
    argus_auth_error *error = nullptr;
    argus_auth_status status = argus_auth_log_unregister(&error);
    if (status != ARGUS_AUTH_STATUS_OK) {
        return Error(status, error);
    }
    return std::monostate();
}

/// Stops the engine's thread, waiting for its end for at most `timeout`. All objects stay usable.
inline Outcome shutdown(std::chrono::milliseconds timeout) {
    argus_auth_error *error = nullptr;
    argus_auth_status status = argus_auth_shutdown(detail::milliseconds(timeout), &error);
    if (status != ARGUS_AUTH_STATUS_OK) {
        return Error(status, error);
    }
    return std::monostate();
}

/// The version of the library that runs, to be compared with ARGUS_AUTH_VERSION.
inline std::string_view version() noexcept { return detail::view(argus_auth_version()); }

} // namespace argus_auth

#endif // ARGUS_AUTH_HPP
