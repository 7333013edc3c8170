// Tests of the C++ API, one section per class: ownership, sharing, borrowing and conversions. tests/c tests the library
// underneath.
//
// `cpp_tests` takes the URL of the token endpoint from TOKEN_URL.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#if __cplusplus >= 202002L
#include <ranges>
#endif
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <unistd.h>

#include "argus_auth.hpp"

namespace {

using namespace std::chrono_literals;
using argus_auth::Error;
using argus_auth::Headers;
using argus_auth::Resolver;
using argus_auth::Result;
using argus_auth::TokenStatus;

// Thrown by a check that fails; ends the test.
struct Failed {};

void check(bool holds, const char *text, int line) {
    if (!holds) {
        std::cout << __FILE__ << ':' << line << ": check failed: " << text << '\n';
        throw Failed();
    }
}
#define CHECK(condition) check((condition), #condition, __LINE__)

// Returns a resolver of two backends: `plain` (no headers) and `tokens` (oauth2, and a configured header). Resolvers
// with the same `client_id` share their token, so each test uses its own `client_id`.
Resolver load(const std::string &client_id) {
    const char *token_url = std::getenv("TOKEN_URL");
    std::string text = "backends:\n"
                       "  plain: {type: sse, url: 'http://127.0.0.1:9/sse'}\n"
                       "  tokens:\n"
                       "    type: streamable-http\n"
                       "    url: http://127.0.0.1:9/mcp\n"
                       "    headers: {X-Source: argus}\n"
                       "    auth: {type: oauth2, client_id: " +
                       client_id + ", client_secret: s, token_url: '" + (token_url != nullptr ? token_url : "") +
                       "'}\n";
    return Resolver::from_text(text).value();
}

// --- Headers ---------------------------------------------------------------------------------------------------------

static_assert(std::is_nothrow_copy_assignable_v<Headers> && std::is_nothrow_move_assignable_v<Headers>);
#if __cplusplus >= 202002L
static_assert(std::ranges::input_range<const Headers>);
#endif

void headers_outlive_their_resolver_and_are_iterated_found_copied_and_moved() {
    std::optional<Headers> kept;
    {
        Resolver resolver = load("cpp-list");
        auto headers = resolver.headers("tokens", 20s);
        CHECK(bool(headers));
        kept = *headers;
    }
    std::vector<std::string_view> names;
    for (auto [name, value] : *kept) {
        names.push_back(name);
        CHECK(!value.empty());
    }
    CHECK((names == std::vector<std::string_view>{"X-Source", "Authorization"}));
    CHECK(kept->find("authorization")->substr(0, 7) == "Bearer ");
    CHECK(!kept->find("X-None"));
    CHECK(!kept->find({}));
    Headers copy = *kept;
    kept.reset();
    CHECK(copy.size() == 2);
    Headers moved = std::move(copy);
    copy = moved;
    CHECK(copy.find("X-Source") == "argus");
}

// --- Error and Result ------------------------------------------------------------------------------------------------

static_assert(std::is_nothrow_copy_constructible_v<Error>, "a copy that throws would terminate the program");

// A function that returns a list of views or a pointer into its object is deleted for a temporary object, because the
// views or the pointer would dangle.
#define CALLABLE(name, call)                                                                                           \
    constexpr auto name = [](auto &&object) -> decltype(std::forward<decltype(object)>(object) call, void()) {}
CALLABLE(list_backends, .backends());
CALLABLE(list_warnings, .warnings());
CALLABLE(list_problems, .problems());
CALLABLE(arrow, .operator->());
template <class Call, class Object>
constexpr bool deleted_for_temporaries =
    std::is_invocable_v<Call, Object &> && std::is_invocable_v<Call, const Object &> &&
    !std::is_invocable_v<Call, Object> && !std::is_invocable_v<Call, const Object>;
static_assert(deleted_for_temporaries<decltype(list_backends), Resolver>);
static_assert(deleted_for_temporaries<decltype(list_warnings), Resolver>);
static_assert(deleted_for_temporaries<decltype(list_problems), Error>);
static_assert(deleted_for_temporaries<decltype(arrow), Result<Headers>>);
// The other functions of a temporary Result return an object, not a reference into the temporary.
static_assert(std::is_same_v<decltype(*std::declval<Result<Headers>>()), Headers>);
static_assert(std::is_same_v<decltype(std::declval<Result<Headers>>().value()), Headers>);
static_assert(std::is_same_v<decltype(std::declval<Result<Headers>>().error()), Error>);

void result_as_a_temporary_is_valid_until_its_range_based_for_ends() {
    Resolver resolver = load("cpp-temporary");
    std::size_t bytes = 0;
    for (auto [name, value] : *resolver.headers("tokens", 20s)) {
        bytes += name.size() + std::string(value).size();
    }
    CHECK(bytes > std::string_view("AuthorizationBearer X-Sourceargus").size());
    CHECK(resolver.headers("none", 0s).error().message().size() > 0);
}

void result_value_throws_the_error_which_stays_valid_as_a_copy() {
    std::optional<Error> kept;
    try {
        static_cast<void>(Resolver::from_text("backends: {b: {type: sse, url: ''}}").value());
        CHECK(false);
    } catch (const Error &error) {
        CHECK(std::string_view(error.what()) == error.message());
        kept = error;
    }
    CHECK(kept->status() == ARGUS_AUTH_STATUS_CONFIG && !kept->retryable());
    CHECK(kept->problems().at(0).path() == "backends.b.url");
    CHECK(kept->problems().at(0).line() == 1);
    CHECK(kept->problems().at(0).column() == 32);
    CHECK(kept->problems().at(0).severity() == ARGUS_AUTH_SEVERITY_ERROR);
    CHECK(!kept->problems().at(0).message().empty());
    CHECK(kept->http_status() == 0 && kept->oauth_error().empty() && kept->token_url().empty());
}

void error_has_the_file_and_is_empty_without_an_error_object() {
    CHECK(Resolver::from_file("missing.yaml").error().file() == "missing.yaml");
    CHECK(Resolver::from_file({}).error().code() == "config");
    CHECK(Error(ARGUS_AUTH_STATUS_PANIC, nullptr).message().empty());
}

// --- Resolver --------------------------------------------------------------------------------------------------------

static_assert(std::is_nothrow_copy_constructible_v<Resolver> && std::is_nothrow_move_constructible_v<Resolver>);

void resolver_lists_backends_and_warnings() {
    Resolver resolver = load("cpp-backends");
    auto backends = resolver.backends();
    CHECK(backends.size() == 2);
    CHECK(backends[0].name() == "plain" && backends[0].transport() == "sse" && backends[0].auth_type().empty());
    CHECK(backends[1].url() == "http://127.0.0.1:9/mcp" && backends[1].auth_type() == "oauth2");
    CHECK(resolver.warnings().empty());
    std::string text = "backends: {b: {type: sse, url: 'http://h', headers: {X: '${ARGUS_AUTH_TEST_UNSET}'}}}";
    CHECK(!Resolver::from_text(text));
    Resolver kept = Resolver::from_text(text, {ARGUS_AUTH_UNRESOLVED_KEEP}).value();
    CHECK(kept.warnings().size() == 1);
}

void resolver_try_headers_returns_nothing_until_the_token_is_cached() {
    Resolver resolver = load("cpp-try");
    CHECK(resolver.try_headers("plain").value()->empty());
    // A fetch may be so fast that the call already returns its headers. That does not happen a hundred times in a row.
    bool not_ready = false;
    for (int i = 0; i < 100 && !not_ready; i++) {
        not_ready = !load("cpp-try-" + std::to_string(i)).try_headers("tokens").value().has_value();
    }
    CHECK(not_ready);
    std::string token(*resolver.headers("tokens", 20s).value().find("Authorization"));
    CHECK(resolver.try_headers("tokens").value()->find("Authorization") == token);
}

void resolver_invalidate_makes_the_next_call_fetch_a_new_token() {
    Resolver resolver = load("cpp-invalidate");
    std::string first(*resolver.headers("tokens", 20s).value().find("Authorization"));
    CHECK(bool(resolver.invalidate("tokens", first)));
    CHECK(resolver.headers("tokens", 20s).value().find("Authorization") != first);
    CHECK(bool(resolver.invalidate("tokens")));
    CHECK(resolver.invalidate("none").error().status() == ARGUS_AUTH_STATUS_UNKNOWN_BACKEND);
}

void resolver_headers_timeout_is_limited_to_the_range_of_the_c_api() {
    Resolver resolver = load("cpp-timeout");
    // A negative timeout becomes zero. Even then, a fast fetch may end before the call checks the timeout.
    auto hasty = resolver.headers("tokens", -1ms);
    CHECK(hasty || hasty.error().code() == "deadline");
    CHECK(bool(resolver.headers("tokens", std::chrono::hours(24 * 365))));
    CHECK(argus_auth::detail::milliseconds(-1ms) == 0);
    CHECK(argus_auth::detail::milliseconds(1500ms) == 1500);
    CHECK(argus_auth::detail::milliseconds(std::chrono::hours(24 * 365)) == UINT32_MAX);
}

void resolver_reload_changes_all_copies_and_lists_the_new_backends() {
    const std::string path = "/tmp/argus_auth_cpp_" + std::to_string(getpid()) + ".yaml";
    auto write = [&](const char *text) {
        std::ofstream(path) << "backends: {" << text << ": {type: sse, url: 'http://h'}}";
    };
    write("before");
    Resolver resolver = Resolver::from_file(path).value();
    Resolver copy = resolver;
    write("after");
    Resolver reloaded = resolver.reload().value();
    CHECK(bool(copy.headers("after", 0s)) && !copy.headers("before", 0s));
    CHECK(resolver.backends()[0].name() == "before" && reloaded.backends()[0].name() == "after");
    write("]");
    CHECK(reloaded.reload().error().file() == path);
    CHECK(bool(resolver.headers("after", 0s)));
    CHECK(std::remove(path.c_str()) == 0);
}

void resolver_copies_in_threads_share_one_token_that_outlives_a_shutdown() {
    Resolver resolver = load("cpp-threads");
    std::vector<std::thread> threads;
    std::vector<std::string> values(8);
    for (std::string &value : values) {
        threads.emplace_back([resolver, &value] {
            auto headers = resolver.headers("tokens", 20s);
            value = headers ? headers->find("Authorization").value_or("") : headers.error().code();
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    for (const std::string &value : values) {
        CHECK(value == values[0] && value.size() > 7);
    }
    CHECK(bool(argus_auth::shutdown(5s)));
    CHECK(resolver.headers("tokens", 0s).value().find("Authorization") == values[0]);
}

// --- TokenStatus -----------------------------------------------------------------------------------------------------

void token_status_is_a_snapshot_that_outlives_its_resolver() {
    std::optional<TokenStatus> kept;
    {
        Resolver resolver = load("cpp-status");
        CHECK(resolver.status("plain").value().state() == ARGUS_AUTH_TOKEN_STATE_NONE);
        CHECK(!resolver.status("plain").value().expires_in() && !resolver.status("plain").value().last_error());
        CHECK(resolver.status("none").error().status() == ARGUS_AUTH_STATUS_UNKNOWN_BACKEND);
        CHECK(resolver.status("tokens").value().state() == ARGUS_AUTH_TOKEN_STATE_EMPTY);
        static_cast<void>(resolver.headers("tokens", 20s).value());
        static_cast<void>(resolver.headers("tokens", 20s).value());
        kept = resolver.status("tokens").value();
        CHECK(resolver.metrics().value().find("argus_auth_token_hits_total{backend=\"tokens\"} 1\n") !=
              std::string::npos);
    }
    CHECK(kept->state() == ARGUS_AUTH_TOKEN_STATE_FRESH && !kept->fetching());
    CHECK(kept->expires_in() > 0ms && kept->since_success() >= 0ms && kept->cool_down() == 0ms);
    CHECK(kept->successes() == 1 && kept->failures() == 0 && kept->hits() == 1);
    CHECK(!kept->last_error());
}

void token_status_last_error_outlives_the_status() {
    // A URL that can't be requested, so that the fetch fails at once.
    Resolver resolver =
        Resolver::from_text("backends: {b: {type: sse, url: 'http://h', auth: {type: oauth2, client_id: "
                            "c, client_secret: s, token_url: 'ftp://127.0.0.1/'}}}")
            .value();
    static_cast<void>(resolver.headers("b", 20s));
    std::optional<TokenStatus> status = resolver.status("b").value();
    std::optional<Error> error = status->last_error();
    status.reset();
    CHECK(error->status() == ARGUS_AUTH_STATUS_TOKEN_REQUEST && error->code() == "token_request");
    CHECK(!error->message().empty() && error->token_url() == "ftp://127.0.0.1/");
}

// --- log and version -------------------------------------------------------------------------------------------------

void log_function_is_destroyed_when_it_is_replaced_or_cleared() {
    auto first = std::make_shared<int>(0);
    auto count = [](const std::shared_ptr<int> &calls) {
        return [calls](argus_auth_log_level, std::string_view target, std::string_view message) {
            *calls += target.substr(0, 12) == "argus_auth::" && !message.empty() ? 1 : -1000;
        };
    };
    CHECK(bool(argus_auth::set_log(ARGUS_AUTH_LOG_LEVEL_TRACE, count(first))));
    static_cast<void>(load("cpp-log").headers("tokens", 20s).value());
    auto second = std::make_shared<int>(0);
    CHECK(bool(argus_auth::set_log(ARGUS_AUTH_LOG_LEVEL_ERROR, count(second))));
    CHECK(*first > 0);
    CHECK(first.use_count() == 1);
    CHECK(argus_auth::set_log(ARGUS_AUTH_LOG_LEVEL_ERROR, {}).error().status() == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    CHECK(second.use_count() == 2);
    CHECK(bool(argus_auth::clear_log()));
    CHECK(second.use_count() == 1);
}

void version_of_the_library_equals_the_header() { CHECK(argus_auth::version() == ARGUS_AUTH_VERSION); }

// --- all tests -------------------------------------------------------------------------------------------------------

struct Test {
    const char *name;
    void (*run)();
};
#define TEST(function) {#function, function}

constexpr Test tests[] = {
    TEST(headers_outlive_their_resolver_and_are_iterated_found_copied_and_moved),
    TEST(result_as_a_temporary_is_valid_until_its_range_based_for_ends),
    TEST(result_value_throws_the_error_which_stays_valid_as_a_copy),
    TEST(error_has_the_file_and_is_empty_without_an_error_object),
    TEST(resolver_lists_backends_and_warnings),
    TEST(resolver_try_headers_returns_nothing_until_the_token_is_cached),
    TEST(resolver_invalidate_makes_the_next_call_fetch_a_new_token),
    TEST(resolver_headers_timeout_is_limited_to_the_range_of_the_c_api),
    TEST(resolver_reload_changes_all_copies_and_lists_the_new_backends),
    TEST(resolver_copies_in_threads_share_one_token_that_outlives_a_shutdown),
    TEST(token_status_is_a_snapshot_that_outlives_its_resolver),
    TEST(token_status_last_error_outlives_the_status),
    TEST(log_function_is_destroyed_when_it_is_replaced_or_cleared),
    TEST(version_of_the_library_equals_the_header),
};

} // namespace

int main() {
    unsigned passed = 0;
    unsigned failed = 0;
    for (const Test &test : tests) {
        bool ok = true;
        try {
            test.run();
        } catch (const Failed &) {
            ok = false;
        } catch (const std::exception &error) {
            std::cout << test.name << ": " << error.what() << '\n';
            ok = false;
        }
        std::cout << (ok ? "ok     " : "FAILED ") << test.name << '\n';
        (ok ? passed : failed) += 1;
    }
    if (!argus_auth::shutdown(5s)) {
        std::cout << "the engine's thread did not end within 5 seconds\n";
        failed += 1;
    }
    std::cout << passed << " passed, " << failed << " failed\n";
    return failed == 0 ? 0 : 1;
}
