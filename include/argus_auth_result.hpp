/*
 * argus_auth_result.hpp - the result types of argus_auth.hpp, which includes this file: Result, Error, Problem.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef ARGUS_AUTH_RESULT_HPP
#define ARGUS_AUTH_RESULT_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "argus_auth.h"

namespace argus_auth {

namespace detail {

/// Returns a view of a text of the C API.
inline std::string_view view(argus_auth_str text) noexcept { return {text.data, text.len}; }

/// Returns the address of a text, but never NULL: an empty view may have the address NULL, which the C API reports as
/// an error.
inline const char *address(std::string_view text) noexcept { return text.data() == nullptr ? "" : text.data(); }

/// Returns a time in milliseconds, limited to the range of the C API: from 0 to UINT32_MAX (49 days).
inline std::uint32_t milliseconds(std::chrono::milliseconds time) noexcept {
    if (time.count() < 0) {
        return 0;
    }
    return time.count() > std::int64_t{UINT32_MAX} ? UINT32_MAX : static_cast<std::uint32_t>(time.count());
}

} // namespace detail

/// One problem of a configuration: an error or a warning, with its place. Contains no value of a secret.
///
/// Obtained from: Error::problems(), Resolver::warnings().
/// Ownership: a view, valid as long as the Error or Resolver that it comes from, or a copy of that object, exists.
/// Threads: immutable; any number of threads may read it at the same time.
///
/// ```cpp
/// for (argus_auth::Problem problem : error.problems()) {
///     std::cerr << "line " << problem.line() << ": " << problem.path() << ": " << problem.message() << '\n';
/// }
/// ```
class Problem {
  public:
    /// Wraps a borrowed problem of the C API.
    explicit Problem(const argus_auth_problem *problem) noexcept : problem_(problem) {}
    /// Returns whether the problem is an error or a warning.
    argus_auth_severity severity() const noexcept { return argus_auth_problem_severity(problem_); }
    /// Returns the line, counted from 1; 0 if the problem has no place in the text.
    std::uint32_t line() const noexcept { return argus_auth_problem_line(problem_); }
    /// Returns the column in characters, counted from 1; 0 if the problem has no place in the text.
    std::uint32_t column() const noexcept { return argus_auth_problem_column(problem_); }
    /// Returns the place in the document, such as `backends.my-server.auth.token_url`; empty if the problem concerns
    /// the whole file.
    std::string_view path() const noexcept { return detail::view(argus_auth_problem_path(problem_)); }
    /// Returns a sentence that says what was found and what would be right.
    std::string_view message() const noexcept { return detail::view(argus_auth_problem_message(problem_)); }

  private:
    const argus_auth_problem *problem_;
};

/// The reason why a call failed, as data. Contains no secret. Result::value() throws it as an exception.
///
/// Obtained from: Result::error(), TokenStatus::last_error().
/// Ownership: owns its data; copies share the data.
/// Threads: immutable; any number of threads may read it at the same time.
///
/// ```cpp
/// auto headers = resolver.headers("search", std::chrono::seconds(35));
/// if (!headers) {
///     argus_auth::Error error = headers.error();
///     std::cerr << error.code() << ": " << error.message() << (error.retryable() ? " (try again)" : "") << '\n';
/// }
/// ```
class Error : public std::exception {
  public:
    /// Takes over an error object of the C API, which may be NULL.
    Error(argus_auth_status status, argus_auth_error *owned) : status_(status), error_(owned, argus_auth_error_free) {}
    /// Returns the status of the failed call.
    argus_auth_status status() const noexcept { return status_; }
    /// Returns a stable word for the kind of error, for logs and metrics, such as `token_rejected`.
    std::string_view code() const noexcept { return detail::view(argus_auth_error_code(error_.get())); }
    /// Returns the failure in words. The text for a configuration with problems has several lines.
    std::string_view message() const noexcept { return detail::view(argus_auth_error_message(error_.get())); }
    /// Returns the same as message().
    const char *what() const noexcept override { return argus_auth_error_message(error_.get()).data; }
    /// Returns whether the same call may succeed later without a change to the configuration. During a cool-down, the
    /// call fails again at once: pause for TokenStatus::cool_down() first.
    bool retryable() const noexcept { return argus_auth_error_retryable(error_.get()); }
    /// Returns the path of the configuration file that can't be used; empty if the error concerns no file.
    std::string_view file() const noexcept { return detail::view(argus_auth_error_file(error_.get())); }
    /// Returns the problems of the configuration, in file order. They are views into this Error, so the function is
    /// deleted for a temporary Error.
    std::vector<Problem> problems() const && = delete;
    std::vector<Problem> problems() const & {
        std::vector<Problem> problems;
        for (std::size_t i = 0; i < argus_auth_error_problem_count(error_.get()); i++) {
            problems.emplace_back(argus_auth_error_problem(error_.get(), i));
        }
        return problems;
    }
    /// Returns the HTTP status of the token endpoint's response; 0 if the error has no HTTP status, for example because
    /// there was no response.
    std::uint32_t http_status() const noexcept { return argus_auth_error_http_status(error_.get()); }
    /// Returns the URL of the token endpoint, without user, password, query and fragment; empty if the error concerns
    /// no token.
    std::string_view token_url() const noexcept { return detail::view(argus_auth_error_token_url(error_.get())); }
    /// Returns the field `error` of the token endpoint's error response (RFC 6749 section 5.2), cut to 200 characters;
    /// empty if there was no such field, or if the field repeated a secret.
    std::string_view oauth_error() const noexcept { return detail::view(argus_auth_error_oauth_error(error_.get())); }
    /// Returns the field `error_description` of the token endpoint's error response, cut to 200 characters; empty if
    /// there was no such field, or if the field repeated a secret.
    std::string_view oauth_error_description() const noexcept {
        return detail::view(argus_auth_error_oauth_error_description(error_.get()));
    }

  private:
    friend class TokenStatus;
    explicit Error(std::shared_ptr<const argus_auth_error> shared)
        : status_(argus_auth_error_status(shared.get())), error_(std::move(shared)) {}

    argus_auth_status status_;
    std::shared_ptr<const argus_auth_error> error_;
};

/// The result of a call: a value or an Error.
///
/// Obtained from: every function that can fail.
/// Ownership: owns the value or the Error. A temporary Result returns its value or Error by value, so that a
/// range-based `for` over `*resolver.headers(...)` is safe.
/// Threads: like a standard container; several threads may read it at the same time if no thread changes it.
///
/// ```cpp
/// argus_auth::Result<argus_auth::Headers> headers = resolver.headers("search", std::chrono::seconds(35));
/// if (headers) {
///     std::cout << headers->size() << " headers\n";
/// } else {
///     std::cerr << headers.error().message() << '\n';
/// }
/// ```
template <class T> class [[nodiscard]] Result {
  public:
    /// Makes a Result with a value.
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    /// Makes a Result with an Error.
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
    /// Returns whether there is a value.
    explicit operator bool() const noexcept { return state_.index() == 0; }
    /// Returns the value. If there is no value, the behaviour is undefined. `->` is deleted for a temporary Result:
    /// store the Result in a variable first, or write `(*resolver.status("search")).state()`.
    T &operator*() & noexcept { return *std::get_if<0>(&state_); }
    const T &operator*() const & noexcept { return *std::get_if<0>(&state_); }
    T operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
    T *operator->() & noexcept { return std::get_if<0>(&state_); }
    const T *operator->() const & noexcept { return std::get_if<0>(&state_); }
    const T *operator->() const && = delete;
    /// Returns the Error. If there is a value, the behaviour is undefined.
    const Error &error() const & noexcept { return *std::get_if<1>(&state_); }
    Error error() && noexcept { return std::move(*std::get_if<1>(&state_)); }
#if defined(__cpp_exceptions)
    /// Returns the value. Throws the Error if there is no value. Not available if exceptions are switched off.
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

/// The Result of a function that returns no value: success or an Error.
///
/// ```cpp
/// argus_auth::EmptyResult stopped = argus_auth::shutdown(std::chrono::seconds(1));
/// if (!stopped) {
///     std::cerr << stopped.error().message() << '\n';
/// }
/// ```
using EmptyResult = Result<std::monostate>;

namespace detail {

/// Runs `call(&out, &error)`, a call of the C API. Returns `out` as a T that owns it, or the error.
template <class T, class Out, class Call> Result<T> get(Call call) {
    Out *out = nullptr;
    argus_auth_error *error = nullptr;
    argus_auth_status status = call(&out, &error);
    if (status != ARGUS_AUTH_STATUS_OK) {
        return Error(status, error);
    }
    return T(out);
}

/// Runs `call(&error)`, a call of the C API. Returns success or the error.
template <class Call> EmptyResult run(Call call) {
    argus_auth_error *error = nullptr;
    argus_auth_status status = call(&error);
    if (status != ARGUS_AUTH_STATUS_OK) {
        return Error(status, error);
    }
    return std::monostate();
}

} // namespace detail

} // namespace argus_auth

#endif // ARGUS_AUTH_RESULT_HPP
