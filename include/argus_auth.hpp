/*
 * argus_auth.hpp - the C++17 interface of argus_auth.h: owning objects (RAII), header-only, linked with -largus_auth.
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
 * - Resolver, Headers, TokenStatus and Error own their data. Copies are cheap and share the data.
 * - Backend, Problem and std::string_view are views into the data of such an object. A view is valid as long as that
 *   object or a copy of it exists. A std::string_view from a Backend or a Problem is a view into the same object.
 * - A temporary object ends with the expression, and its views with it: do not write
 *   `auto token = resolver.headers("search", timeout).value().find("Authorization")`. Functions that return a list of
 *   views are deleted for temporary objects (rvalues).
 *
 * Tokens, threads, signals, environment, fork, end of the program
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
/// Ownership: owns one reference; copies share the headers. The Resolver may be destroyed first.
/// Threads: immutable; any number of threads may read it at the same time.
///
/// ```cpp
/// for (auto [name, value] : headers) {
///     std::cout << name << ": " << value.size() << " bytes\n";
/// }
/// ```
class Headers {
  public:
    /// Name and value, as views into the Headers.
    using value_type = std::pair<std::string_view, std::string_view>;

    /// An input iterator over the headers, valid as long as the Headers object exists.
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
    /// Returns an iterator to the first header. `end()` returns the iterator behind the last header.
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
    /// Returns the object of the C API, for functions of argus_auth.h. It stays owned by this Headers.
    const argus_auth_headers *get() const noexcept { return headers_.get(); }

  private:
    detail::Reference<argus_auth_headers, argus_auth_headers_clone, argus_auth_headers_free> headers_;
};

/// One remote backend of a configuration, of the type `sse` or `streamable-http`.
///
/// Obtained from: Resolver::backends().
/// Ownership: a view, valid as long as the Resolver that it comes from, or a copy of that Resolver, exists.
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
    /// Returns the URL of the backend. It may contain a secret, so do not log it.
    std::string_view url() const noexcept { return detail::view(argus_auth_backend_url(backend_)); }
    /// Returns the `type` of the backend's `auth` block: `static`, `oauth2` or `pkce`; empty if there is no such block.
    std::string_view auth_type() const noexcept { return detail::view(argus_auth_backend_auth_type(backend_)); }

  private:
    const argus_auth_backend *backend_;
};

/// The state of a backend's token and of its fetches at one moment, for operators. Contains no token and no secret.
///
/// Obtained from: Resolver::status().
/// Ownership: owns its data; copies share the data.
/// Threads: immutable; any number of threads may read it at the same time.
///
/// Backends with equal `auth` blocks (after references are resolved) share one token, with its state and counters. The
/// counters start at 0 when the first configuration with such a block is loaded. They can start at 0 again after all
/// these configurations have been destroyed or replaced.
///
/// ```cpp
/// auto status = resolver.status("search");
/// if (status && status->last_error()) {
///     std::cout << status->failures() << " failures, the last: " << status->last_error()->code() << '\n';
/// }
/// ```
class TokenStatus {
  public:
    /// Takes over a status of the C API. NULL is the status of a backend for which the library fetches no token.
    explicit TokenStatus(argus_auth_token_status *owned) : status_(owned, argus_auth_token_status_free) {}
    /// Returns the state of the token; ARGUS_AUTH_TOKEN_STATE_NONE for a backend for which the library fetches no
    /// token.
    argus_auth_token_state state() const noexcept { return argus_auth_token_status_state(status_.get()); }
    /// Returns the time until the token expires; nothing if there is no token.
    std::optional<std::chrono::milliseconds> expires_in() const noexcept {
        return time(argus_auth_token_status_expires_in_ms(status_.get()));
    }
    /// Returns the time since the last successful fetch; nothing if no fetch has succeeded.
    std::optional<std::chrono::milliseconds> since_success() const noexcept {
        return time(argus_auth_token_status_since_success_ms(status_.get()));
    }
    /// Returns the rest of the cool-down; 0 if there is no cool-down. The cool-down is the time after a failed fetch in
    /// which no new fetch is made, and a call that finds no valid token returns the result of the failed fetch.
    std::chrono::milliseconds cool_down() const noexcept {
        return std::chrono::milliseconds(argus_auth_token_status_cool_down_ms(status_.get()));
    }
    /// Returns whether a fetch was under way when this status was made.
    bool fetching() const noexcept { return argus_auth_token_status_fetching(status_.get()); }
    /// Returns the number of fetches that obtained a token.
    std::uint64_t successes() const noexcept { return argus_auth_token_status_successes(status_.get()); }
    /// Returns the number of fetches that ended without a token, for any reason, including a shutdown. A fetch that the
    /// circuit breaker withheld does not count: no request was sent, because the token endpoint's host had failed
    /// several times in a row.
    std::uint64_t failures() const noexcept { return argus_auth_token_status_failures(status_.get()); }
    /// Returns the number of times that a token was served without waiting.
    std::uint64_t hits() const noexcept { return argus_auth_token_status_hits(status_.get()); }
    /// Returns the error of the last failed fetch; nothing if there is no such error. A later success does not remove
    /// it. A fetch that the circuit breaker withheld is not shown here. A fetch that ended by a shutdown or a panic, or
    /// because the engine could not start, counts as a failure but is not shown here either.
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
    /// The treatment of configuration references, `${VAR}` or `secret:name`, that can't be resolved.
    argus_auth_unresolved unresolved = ARGUS_AUTH_UNRESOLVED_ERROR;
};

/// A loaded configuration. Maps the name of a remote backend to the headers that a request to it must carry.
///
/// Obtained from: Resolver::from_file(), Resolver::from_text(), Resolver::reload().
/// Ownership: owns one reference; copies share the configuration, and a reload of one copy changes the headers that all
/// copies return. Headers and TokenStatus objects that were returned stay valid after the Resolver is destroyed.
/// Threads: any number of threads may use one Resolver at the same time.
///
/// ```cpp
/// auto headers = resolver.headers("search", std::chrono::seconds(35));
/// if (headers) {
///     // ... send the request with these headers. If the backend answers 401:
///     if (auto refused = headers->find("Authorization")) {
///         static_cast<void>(resolver.invalidate("search", *refused));
///         // ... get the headers again, and repeat the request once.
///     }
/// }
/// ```
class Resolver {
  public:
    /// Takes over a reference of the C API.
    explicit Resolver(argus_auth_resolver *owned) noexcept : resolver_(owned) {}
    /// Loads the configuration file at `path`, whose name must end in `.yaml` or `.yml`. Blocks while it reads the file
    /// and the secrets that the configuration refers to: a keyring can take up to 10 seconds per secret. The Error
    /// lists the problems.
    static Result<Resolver> from_file(std::string_view path, const LoadOptions &options = {}) {
        return load(argus_auth_resolver_from_file, path, options);
    }
    /// Loads a configuration from YAML text. Blocks only while it reads the secrets that the configuration refers to: a
    /// keyring can take up to 10 seconds per secret. The Error lists the problems.
    static Result<Resolver> from_text(std::string_view text, const LoadOptions &options = {}) {
        return load(argus_auth_resolver_from_text, text, options);
    }
    /// Returns the remote backends, in file order. They are views, so the function is deleted for a temporary Resolver.
    std::vector<Backend> backends() const && = delete;
    std::vector<Backend> backends() const & {
        std::vector<Backend> backends;
        for (std::size_t i = 0; i < argus_auth_resolver_backend_count(resolver_.get()); i++) {
            backends.emplace_back(argus_auth_resolver_backend(resolver_.get(), i));
        }
        return backends;
    }
    /// Returns the warnings of the configuration, in file order. They are views, so the function is deleted for a
    /// temporary Resolver.
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
    /// most 30 seconds and continues when a caller stops waiting. During the cool-down after a failed fetch, returns at
    /// once.
    ///
    /// If no token can be obtained, the backend's `on_auth_failure` decides. With `open`, the default, the failure is
    /// logged, and the configured headers are returned WITHOUT AUTHENTICATION. With `closed`, the call fails with the
    /// reason. With either policy, the call fails for an unknown backend or `auth.type: pkce`, after `timeout`, and at
    /// a shutdown. Inside the log function, the call fails with ARGUS_AUTH_STATUS_IN_CALLBACK if it would have to wait.
    Result<Headers> headers(std::string_view backend, std::chrono::milliseconds timeout) const {
        return detail::get<Headers, argus_auth_headers>([&](argus_auth_headers **out, argus_auth_error **error) {
            return argus_auth_resolver_headers(resolver_.get(), detail::address(backend), backend.size(),
                                               detail::milliseconds(timeout), out, error);
        });
    }
    /// Returns the headers that a request to `backend` must carry, if no wait is necessary. Otherwise returns nothing,
    /// and a fetch is under way: call the function again about every 100 ms.
    ///
    /// After a failed fetch, calls during the cool-down return the same as headers(): the Error or, with
    /// `on_auth_failure: open`, the default, headers without authentication. The first call after the cool-down starts
    /// another fetch.
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
    /// Reports that `backend` refused a request with 401.
    ///
    /// `rejected` is the value of the `Authorization` header of that request. If this value contains the current token,
    /// the token is discarded, a cool-down ends, and the next call for headers needs a new token. Otherwise nothing
    /// changes: a newer token is kept. Without `rejected`, the current token is discarded, whichever it is, and a
    /// cool-down ends. If the request had no `Authorization` header, do not call this function. Fetches nothing itself.
    EmptyResult invalidate(std::string_view backend, std::optional<std::string_view> rejected = std::nullopt) const {
        return detail::run([&](argus_auth_error **error) {
            return argus_auth_resolver_invalidate(resolver_.get(), detail::address(backend), backend.size(),
                                                  rejected ? detail::address(*rejected) : nullptr,
                                                  rejected ? rejected->size() : 0, error);
        });
    }
    /// Loads the file again. Afterwards this object and all its copies return headers according to the new
    /// configuration. For a Resolver that was loaded from text, reload() changes nothing.
    ///
    /// A backend keeps its token and its cool-down if the inputs of its token request (its `auth` block, with the
    /// resolved secrets) are the same. Otherwise the old token and the old cool-down no longer apply to the backend.
    ///
    /// The lists of backends and warnings of this object and of its copies do not change. The returned Resolver has the
    /// new lists. Views of this object stay valid only as long as this object or a copy of it exists. Blocks like
    /// from_file(). If the call fails, the Error lists the problems, and the previous configuration stays in use.
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
    /// Returns counters and gauges of all backends for which the library fetches tokens, in the Prometheus text format
    /// (version 0.0.4). docs/metrics.md lists them. Fetches nothing.
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
    /// Returns the object of the C API, for functions of argus_auth.h. It stays owned by this Resolver.
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
/// Ownership: owned by the library, which destroys the function when it is replaced or cleared. `target` and `message`
/// are views, valid during the call.
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

/// Registers `function` for events of the level `max_level` and of all more serious levels. A process has one log
/// function. The previous function is removed, as clear_log() does it, after the new function is in place. Fails for an
/// empty function, and in the cases in which argus_auth_log_register() fails. On failure, the previous function stays
/// registered.
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

/// Removes the log function. When clear_log() returns, no call of the log function is running or will start, and the
/// log function has been destroyed.
///
/// Blocks while calls of the log function run. The caller must not hold a lock that the log function takes. Call
/// clear_log() before objects that the log function uses are destroyed. Fails inside the log function.
inline EmptyResult clear_log() { return detail::run(argus_auth_log_unregister); }

/// Stops the engine's thread. Blocks until the thread has ended, for at most `timeout`. Fails with
/// ARGUS_AUTH_STATUS_DEADLINE if the thread has not ended by then. Calls that wait for headers fail with
/// ARGUS_AUTH_STATUS_SHUTDOWN. All objects stay valid, and the next fetch starts a new thread. Fails inside the log
/// function.
inline EmptyResult shutdown(std::chrono::milliseconds timeout) {
    return detail::run(
        [&](argus_auth_error **error) { return argus_auth_shutdown(detail::milliseconds(timeout), error); });
}

/// Returns the version of the loaded library, for a comparison with ARGUS_AUTH_VERSION.
inline std::string_view version() noexcept { return detail::view(argus_auth_version()); }

} // namespace argus_auth

#endif // ARGUS_AUTH_HPP
