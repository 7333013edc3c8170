/*
 * argus_auth.hpp - the C++17 interface of argus_auth.h: header-only, linked with -largus_auth.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A complete program:
 *
 * ```cpp
 * #include <chrono>
 * #include <iostream>
 *
 * #include "argus_auth.hpp"
 *
 * int main() {
 *     auto resolver = argus_auth::Resolver::from_file("config.yaml");
 *     if (!resolver) {
 *         std::cerr << resolver.error().message() << '\n';
 *         return 1;
 *     }
 *     auto headers = resolver->headers("search", std::chrono::seconds(35));
 *     if (!headers) {
 *         std::cerr << headers.error().message() << '\n';
 *         return 1;
 *     }
 *     for (auto [name, value] : *headers) {
 *         std::cout << name << ": <secret>\n";
 *     }
 * }
 * ```
 *
 * Rules for every function
 * ------------------------
 *
 * Errors
 * - A function that can fail returns a Result: a value or an Error.
 * - Only Result::value() throws an Error. A function that allocates memory may throw std::bad_alloc. The header also
 *   compiles with exceptions switched off; then there is no Result::value().
 *
 * Ownership
 * - Resolver, Headers, TokenStatus and Error own their data. Copies are cheap and share them.
 * - Backend, Problem and std::string_view are views. A view is valid as long as the object that returned it, or a copy
 *   of that object, exists.
 * - A temporary object ends with the expression, and its views with it: do not write
 *   `auto token = resolver.headers("search", timeout).value().find("Authorization")`. Functions that return a list of
 *   views are not offered by temporary objects.
 *
 * Threads and fork
 * - The rules of argus_auth.h apply. Any number of threads may call const functions of one object at the same time.
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

/// Owns one reference to a reference-counted object of the C API. Empty after it was moved from.
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

/// The headers that a request to a backend must carry: an ordered list of name and value. Every value counts as a
/// secret.
///
/// Obtained from: Resolver::headers(), Resolver::try_headers().
/// Ownership: owns one reference; copies share the headers. The Resolver may end first.
/// Threads: immutable; any number of threads may read it at the same time.
///
/// ```cpp
/// for (auto [name, value] : headers) {
///     std::cout << name << ": " << value.size() << " bytes\n";
/// }
/// ```
class Headers {
  public:
    /// Name and value, as views of the Headers.
    using value_type = std::pair<std::string_view, std::string_view>;

    /// An input iterator over the headers, valid as long as the Headers.
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

    /// Takes over a reference of the C API.
    explicit Headers(argus_auth_headers *owned) noexcept : headers_(owned) {}
    /// Returns the number of headers.
    std::size_t size() const noexcept { return argus_auth_headers_count(headers_.get()); }
    /// Returns whether there are no headers.
    bool empty() const noexcept { return size() == 0; }
    /// Returns an iterator to the first header. `end()` returns the iterator behind the last.
    iterator begin() const noexcept { return {headers_.get(), 0}; }
    iterator end() const noexcept { return {headers_.get(), size()}; }
    /// Returns the value of the header called `name`, ignoring case; nothing if there is no such header.
    std::optional<std::string_view> find(std::string_view name) const noexcept {
        argus_auth_str value{};
        if (!argus_auth_headers_find(headers_.get(), detail::address(name), name.size(), &value)) {
            return std::nullopt;
        }
        return detail::view(value);
    }
    /// Returns the object for functions of argus_auth.h. It stays owned by this object.
    const argus_auth_headers *get() const noexcept { return headers_.get(); }

  private:
    detail::Reference<argus_auth_headers, argus_auth_headers_clone, argus_auth_headers_free> headers_;
};

/// One remote backend of a configuration, of the type `sse` or `streamable-http`.
///
/// Obtained from: Resolver::backends().
/// Ownership: a view, valid as long as the Resolver that it comes from or a copy of that.
/// Threads: immutable; any number of threads may read it at the same time.
///
/// ```cpp
/// for (argus_auth::Backend backend : resolver.backends()) {
///     std::cout << backend.name() << ": " << backend.auth_type() << '\n';
/// }
/// ```
class Backend {
  public:
    /// Wraps a borrowed backend of the C API.
    explicit Backend(const argus_auth_backend *backend) noexcept : backend_(backend) {}
    /// Returns the name of the backend, which is its key under `backends`.
    std::string_view name() const noexcept { return detail::view(argus_auth_backend_name(backend_)); }
    /// Returns the `type` of the backend: `sse` or `streamable-http`.
    std::string_view transport() const noexcept { return detail::view(argus_auth_backend_transport(backend_)); }
    /// Returns the URL of the backend. It may contain a key, so do not log it.
    std::string_view url() const noexcept { return detail::view(argus_auth_backend_url(backend_)); }
    /// Returns the `type` of the backend's `auth` block: `static`, `oauth2` or `pkce`; empty if there is no such block.
    std::string_view auth_type() const noexcept { return detail::view(argus_auth_backend_auth_type(backend_)); }

  private:
    const argus_auth_backend *backend_;
};

/// The state of a backend's token and of its fetches at one moment, for operators. Contains no token and no secret.
///
/// Obtained from: Resolver::status().
/// Ownership: owns its data; copies share them.
/// Threads: immutable; any number of threads may read it at the same time.
///
/// Backends with the same credentials share one token, with its state and counters. The counters start at 0 when the
/// first configuration with these credentials is loaded.
///
/// ```cpp
/// auto status = resolver.status("search");
/// if (status && status->last_error()) {
///     std::cout << status->failures() << " failures, the last: " << status->last_error()->code() << '\n';
/// }
/// ```
class TokenStatus {
  public:
    /// Takes over a status of the C API. NULL is the status of a backend that needs no token.
    explicit TokenStatus(argus_auth_token_status *owned) : status_(owned, argus_auth_token_status_free) {}
    /// Returns the state of the token; ARGUS_AUTH_TOKEN_STATE_NONE for a backend that needs no token.
    argus_auth_token_state state() const noexcept { return argus_auth_token_status_state(status_.get()); }
    /// Returns the time until the token expires; nothing if there is no token.
    std::optional<std::chrono::milliseconds> expires_in() const noexcept {
        return time(argus_auth_token_status_expires_in_ms(status_.get()));
    }
    /// Returns the time since the last successful fetch; nothing if no fetch has succeeded.
    std::optional<std::chrono::milliseconds> since_success() const noexcept {
        return time(argus_auth_token_status_since_success_ms(status_.get()));
    }
    /// Returns the time until the cool-down ends: the time after a failed fetch in which callers get the error of that
    /// fetch and no new fetch is made. 0 if there is no cool-down.
    std::chrono::milliseconds cool_down() const noexcept {
        return std::chrono::milliseconds(argus_auth_token_status_cool_down_ms(status_.get()));
    }
    /// Returns whether a fetch was under way.
    bool fetching() const noexcept { return argus_auth_token_status_fetching(status_.get()); }
    /// Returns the number of fetches that obtained a token.
    std::uint64_t successes() const noexcept { return argus_auth_token_status_successes(status_.get()); }
    /// Returns the number of fetches that ended without a token. A fetch withheld by the circuit breaker does not
    /// count.
    std::uint64_t failures() const noexcept { return argus_auth_token_status_failures(status_.get()); }
    /// Returns the number of times that a token was served without waiting.
    std::uint64_t hits() const noexcept { return argus_auth_token_status_hits(status_.get()); }
    /// Returns the error of the last fetch that failed; nothing if no fetch has failed. A later success does not remove
    /// it.
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

/// The options with which a configuration is loaded.
///
/// ```cpp
/// argus_auth::LoadOptions options;
/// options.unresolved = ARGUS_AUTH_UNRESOLVED_KEEP;
/// auto loaded = argus_auth::Resolver::from_file("config.yaml", options);
/// ```
struct LoadOptions {
    /// The treatment of references, `${VAR}` or `secret:name`, that can't be resolved.
    argus_auth_unresolved unresolved = ARGUS_AUTH_UNRESOLVED_ERROR;
};

/// A loaded configuration. Maps the name of a remote backend to the headers that a request to it must carry.
///
/// Obtained from: Resolver::from_file(), Resolver::from_text(), Resolver::reload().
/// Ownership: owns one reference; copies share the configuration, including a reload. Headers and TokenStatus objects
/// that it returned do not depend on it.
/// Threads: any number of threads may use one Resolver at the same time.
///
/// ```cpp
/// auto headers = resolver.headers("search", std::chrono::seconds(35));
/// if (headers) {
///     // ... send the request with these headers; if the backend answers 401, the next call must get a new token:
///     static_cast<void>(resolver.invalidate("search", headers->find("Authorization")));
/// }
/// ```
class Resolver {
  public:
    /// Takes over a reference of the C API.
    explicit Resolver(argus_auth_resolver *owned) noexcept : resolver_(owned) {}
    /// Loads the configuration file at `path`. Blocks while it reads the file and, if the configuration refers to one,
    /// the secret store. The Error lists every problem.
    static Result<Resolver> from_file(std::string_view path, const LoadOptions &options = {}) {
        return load(argus_auth_resolver_from_file, path, options);
    }
    /// Loads a configuration from YAML text. Blocks only while it reads the secret store, if the configuration refers
    /// to one. The Error lists every problem.
    static Result<Resolver> from_text(std::string_view text, const LoadOptions &options = {}) {
        return load(argus_auth_resolver_from_text, text, options);
    }
    /// Returns the remote backends, in file order. They are views, so a temporary Resolver does not offer them.
    std::vector<Backend> backends() const && = delete;
    std::vector<Backend> backends() const & {
        std::vector<Backend> backends;
        for (std::size_t i = 0; i < argus_auth_resolver_backend_count(resolver_.get()); i++) {
            backends.emplace_back(argus_auth_resolver_backend(resolver_.get(), i));
        }
        return backends;
    }
    /// Returns the warnings of the configuration, in file order. They are views, so a temporary Resolver does not offer
    /// them.
    std::vector<Problem> warnings() const && = delete;
    std::vector<Problem> warnings() const & {
        std::vector<Problem> warnings;
        for (std::size_t i = 0; i < argus_auth_resolver_warning_count(resolver_.get()); i++) {
            warnings.emplace_back(argus_auth_resolver_warning(resolver_.get(), i));
        }
        return warnings;
    }
    /// Returns the headers that a request to `backend` must carry, and waits for a token if necessary.
    ///
    /// Blocks while a token is fetched, for at most `timeout`. All callers of one token share one fetch, which takes at
    /// most 30 seconds and continues when a caller stops waiting.
    Result<Headers> headers(std::string_view backend, std::chrono::milliseconds timeout) const {
        return detail::get<Headers, argus_auth_headers>([&](argus_auth_headers **out, argus_auth_error **error) {
            return argus_auth_resolver_headers(resolver_.get(), detail::address(backend), backend.size(),
                                               detail::milliseconds(timeout), out, error);
        });
    }
    /// Returns the headers that a request to `backend` must carry, if no wait is necessary. Otherwise returns nothing,
    /// and a fetch is under way.
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
    /// Reports that `backend` refused its token with 401. The token is discarded, a cool-down ends, and the next call
    /// for headers fetches a new token.
    ///
    /// `rejected` is the value of the `Authorization` header that the backend refused. A token that has replaced it in
    /// the meantime is kept. Without `rejected`, the current token is discarded. Fetches nothing itself.
    EmptyResult invalidate(std::string_view backend, std::optional<std::string_view> rejected = std::nullopt) const {
        return detail::run([&](argus_auth_error **error) {
            return argus_auth_resolver_invalidate(resolver_.get(), detail::address(backend), backend.size(),
                                                  rejected ? detail::address(*rejected) : nullptr,
                                                  rejected ? rejected->size() : 0, error);
        });
    }
    /// Loads the file again. Afterwards this object and all its copies return headers according to the new
    /// configuration.
    ///
    /// Their lists of backends and warnings do not change; the returned Resolver has the lists of the new
    /// configuration. It does not keep alive views of this object. Blocks while it reads the file and, if the
    /// configuration refers to one, the secret store. The Error lists every problem, and the previous configuration
    /// then stays in use.
    Result<Resolver> reload() const {
        return detail::get<Resolver, argus_auth_resolver>([&](argus_auth_resolver **out, argus_auth_error **error) {
            return argus_auth_resolver_reload(resolver_.get(), out, error);
        });
    }
    /// Returns the state of the token of `backend`. Fetches nothing.
    Result<TokenStatus> status(std::string_view backend) const {
        using Status = argus_auth_token_status;
        return detail::get<TokenStatus, Status>([&](Status **out, argus_auth_error **error) {
            return argus_auth_resolver_status(resolver_.get(), detail::address(backend), backend.size(), out, error);
        });
    }
    /// Returns counters and gauges of all backends that need tokens, in the Prometheus text format (version 0.0.4).
    /// Fetches nothing.
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
    /// Returns the object for functions of argus_auth.h. It stays owned by this object.
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

/// A function that receives log events. Registered with set_log().
///
/// Ownership: owned by the library until it is replaced or cleared, then destroyed. `target` and `message` are views,
/// valid during the call.
/// Threads: called on any thread, including the engine's, and on several threads at the same time.
///
/// The rules of `argus_auth_log_callback` apply. An exception that leaves the function or its destructor terminates the
/// program.
///
/// ```cpp
/// argus_auth::LogFunction print = [](argus_auth_log_level level, std::string_view target, std::string_view message) {
///     std::clog << level << ' ' << target << ": " << message << '\n';
/// };
/// static_cast<void>(argus_auth::set_log(ARGUS_AUTH_LOG_LEVEL_INFO, print));
/// ```
using LogFunction = std::function<void(argus_auth_log_level level, std::string_view target, std::string_view message)>;

/// Registers `function` for the log events of this library up to `max_level`. A process has one log function: the
/// previous one is replaced, and then removed as by clear_log(). An empty function is an error, which changes nothing.
inline EmptyResult set_log(argus_auth_log_level max_level, LogFunction function) {
    auto owned = std::make_unique<LogFunction>(std::move(function));
    argus_auth_log_callback call = [](void *user_data, argus_auth_log_level level, argus_auth_str target,
                                      argus_auth_str message) noexcept {
        (*static_cast<LogFunction *>(user_data))(level, detail::view(target), detail::view(message));
    };
    auto free = [](void *user_data) noexcept { delete static_cast<LogFunction *>(user_data); };
    EmptyResult registered = detail::run([&](argus_auth_error **error) {
        return argus_auth_log_register(*owned ? call : nullptr, owned.get(), free, max_level, error);
    });
    if (registered) {
        static_cast<void>(owned.release()); // the library owns it now and calls `free`
    }
    return registered;
}

/// Removes the log function. When this returns, no call of it is running or will start, and it has been destroyed.
///
/// Blocks while calls of the function run. The caller must not hold a lock that the function takes. Call it before
/// objects that the function uses are destroyed. Fails inside the log function.
inline EmptyResult clear_log() { return detail::run(argus_auth_log_unregister); }

/// Stops the engine's thread, if it runs, and blocks until it has ended, for at most `timeout`. All objects stay valid,
/// and the next fetch starts a new thread. Fails inside the log function.
inline EmptyResult shutdown(std::chrono::milliseconds timeout) {
    return detail::run(
        [&](argus_auth_error **error) { return argus_auth_shutdown(detail::milliseconds(timeout), error); });
}

/// Returns the version of the loaded library, for a comparison with ARGUS_AUTH_VERSION.
inline std::string_view version() noexcept { return detail::view(argus_auth_version()); }

} // namespace argus_auth

#endif // ARGUS_AUTH_HPP
