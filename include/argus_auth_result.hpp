/*
 * argus_auth_result.hpp - a part of argus_auth.hpp, which includes it: what a call gives, or why not.
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
    /// What is wrong with the configuration, in file order; borrowed, so not of an Error that ends with the expression.
    std::vector<Problem> problems() const && = delete;
    std::vector<Problem> problems() const & {
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
    friend class TokenStatus;
    explicit Error(std::shared_ptr<const argus_auth_error> shared)
        : status_(argus_auth_error_status(shared.get())), error_(std::move(shared)) {}

    argus_auth_status status_;
    std::shared_ptr<const argus_auth_error> error_;
};

/// What was asked for, or why it could not be had.
///
/// A Result that ends with the expression gives what it holds away, so that a range-based `for` over it is safe:
/// `for (auto [name, value] : *resolver.headers("search", timeout))`.
template <class T> class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
    explicit operator bool() const noexcept { return state_.index() == 0; }
    /// Only if there is a value.
    T &operator*() & noexcept { return *std::get_if<0>(&state_); }
    const T &operator*() const & noexcept { return *std::get_if<0>(&state_); }
    T operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
    T *operator->() & noexcept { return std::get_if<0>(&state_); }
    const T *operator->() const & noexcept { return std::get_if<0>(&state_); }
    const T *operator->() const && = delete;
    /// Only if there is no value.
    const Error &error() const & noexcept { return *std::get_if<1>(&state_); }
    Error error() && noexcept { return std::move(*std::get_if<1>(&state_)); }
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

namespace detail {

/// What `call(&out, &error)` puts into `out`, in the type that owns it; or its error.
template <class T, class Out, class Call> Result<T> get(Call call) {
    Out *out = nullptr;
    argus_auth_error *error = nullptr;
    argus_auth_status status = call(&out, &error);
    if (status != ARGUS_AUTH_STATUS_OK) {
        return Error(status, error);
    }
    return T(out);
}

/// How `call(&error)` went.
template <class Call> Outcome outcome(Call call) {
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
