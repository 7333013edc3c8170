// The C++ API: that it owns, shares and borrows what it says, over the same library that tests/c tests.
//
// `cpp_tests`, with the token endpoint's URL in TOKEN_URL.
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

static_assert(std::is_nothrow_copy_constructible_v<Resolver> && std::is_nothrow_move_constructible_v<Resolver>);
static_assert(std::is_nothrow_copy_assignable_v<Headers> && std::is_nothrow_move_assignable_v<Headers>);
static_assert(std::is_nothrow_copy_constructible_v<Error>, "an exception must be");

#if __cplusplus >= 202002L
static_assert(std::ranges::input_range<const Headers>);
#endif

// What would be left of a list of views when the object that they are borrowed from has gone is not offered.
#define CALLABLE(name, call)                                                                                           \
    constexpr auto name = [](auto &&object) -> decltype(std::forward<decltype(object)>(object) call, void()) {}
CALLABLE(list_backends, .backends());
CALLABLE(list_warnings, .warnings());
CALLABLE(list_problems, .problems());
CALLABLE(arrow, .operator->());
template <class Call, class Object>
constexpr bool needs_a_name = std::is_invocable_v<Call, Object &> && std::is_invocable_v<Call, const Object &> &&
                              !std::is_invocable_v<Call, Object> && !std::is_invocable_v<Call, const Object>;
static_assert(needs_a_name<decltype(list_backends), Resolver> && needs_a_name<decltype(list_warnings), Resolver>);
static_assert(needs_a_name<decltype(list_problems), Error> && needs_a_name<decltype(arrow), Result<Headers>>);
// What such an object gives away otherwise has its own life.
static_assert(std::is_same_v<decltype(*std::declval<Result<Headers>>()), Headers>);
static_assert(std::is_same_v<decltype(std::declval<Result<Headers>>().value()), Headers>);
static_assert(std::is_same_v<decltype(std::declval<Result<Headers>>().error()), Error>);

struct Failed {};

void check(bool holds, const char *text, int line) {
    if (!holds) {
        std::cout << __FILE__ << ':' << line << ": does not hold: " << text << '\n';
        throw Failed();
    }
}
#define CHECK(condition) check((condition), #condition, __LINE__)

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

void headers_are_a_list() {
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

void what_has_no_name_lives_as_long_as_its_loop() {
    Resolver resolver = load("cpp-temporary");
    std::size_t bytes = 0;
    for (auto [name, value] : *resolver.headers("tokens", 20s)) {
        bytes += name.size() + std::string(value).size();
    }
    CHECK(bytes > std::string_view("AuthorizationBearer X-Sourceargus").size());
    CHECK(resolver.headers("none", 0s).error().message().size() > 0);
}

void trying_does_not_wait() {
    Resolver resolver = load("cpp-try");
    CHECK(resolver.try_headers("plain").value()->empty());
    // A fetch may be as quick as the call that begins it; a hundred in a row are not.
    bool not_yet = false;
    for (int i = 0; i < 100 && !not_yet; i++) {
        not_yet = !load("cpp-try-" + std::to_string(i)).try_headers("tokens").value().has_value();
    }
    CHECK(not_yet);
    std::string first(*resolver.headers("tokens", 20s).value().find("Authorization"));
    CHECK(resolver.try_headers("tokens").value()->find("Authorization") == first);
    CHECK(bool(resolver.invalidate("tokens", first)));
    CHECK(resolver.headers("tokens", 20s).value().find("Authorization") != first);
    CHECK(bool(resolver.invalidate("tokens")));
    CHECK(resolver.invalidate("none").error().status() == ARGUS_AUTH_STATUS_UNKNOWN_BACKEND);
    // The fetch may be quicker than the caller, however short its time.
    auto hasty = resolver.headers("tokens", -1ms);
    CHECK(hasty || hasty.error().code() == "deadline");
    CHECK(bool(resolver.headers("tokens", std::chrono::hours(24 * 365))));
    CHECK(argus_auth::detail::milliseconds(-1ms) == 0);
    CHECK(argus_auth::detail::milliseconds(1500ms) == 1500);
    CHECK(argus_auth::detail::milliseconds(std::chrono::hours(24 * 365)) == UINT32_MAX);
}

void backends_and_warnings() {
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

void an_error_is_a_value_and_an_exception() {
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
    CHECK(Resolver::from_file("missing.yaml").error().file() == "missing.yaml");
    CHECK(Resolver::from_file({}).error().code() == "config");
    CHECK(Error(ARGUS_AUTH_STATUS_PANIC, nullptr).message().empty());
}

void a_token_has_a_status() {
    std::optional<argus_auth::TokenStatus> kept;
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
    // Nothing listens there.
    Resolver resolver =
        Resolver::from_text("backends: {b: {type: sse, url: 'http://h', auth: {type: oauth2, client_id: "
                            "c, client_secret: s, token_url: 'ftp://127.0.0.1/'}}}")
            .value();
    static_cast<void>(resolver.headers("b", 20s));
    kept = resolver.status("b").value();
    std::optional<Error> error = kept->last_error();
    kept.reset();
    CHECK(error->status() == ARGUS_AUTH_STATUS_TOKEN_REQUEST && error->code() == "token_request");
    CHECK(!error->message().empty() && error->token_url() == "ftp://127.0.0.1/");
}

void a_file_can_be_read_again() {
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

void log_functions_come_and_go() {
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

void threads_share_one_resolver() {
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

} // namespace

int main() {
    const std::pair<const char *, void (*)()> tests[] = {
        {"headers are a list", headers_are_a_list},
        {"what has no name lives as long as its loop", what_has_no_name_lives_as_long_as_its_loop},
        {"trying does not wait", trying_does_not_wait},
        {"backends and warnings", backends_and_warnings},
        {"an error is a value and an exception", an_error_is_a_value_and_an_exception},
        {"a token has a status", a_token_has_a_status},
        {"a file can be read again", a_file_can_be_read_again},
        {"log functions come and go", log_functions_come_and_go},
        {"threads share one resolver", threads_share_one_resolver},
    };
    unsigned passed = argus_auth::version() == ARGUS_AUTH_VERSION ? 1 : 0;
    unsigned failed = 1 - passed;
    for (auto [name, test] : tests) {
        bool ok = true;
        try {
            test();
        } catch (const Failed &) {
            ok = false;
        } catch (const std::exception &error) {
            std::cout << name << ": " << error.what() << '\n';
            ok = false;
        }
        std::cout << (ok ? "ok     " : "FAILED ") << name << '\n';
        (ok ? passed : failed) += 1;
    }
    failed += argus_auth::shutdown(5s) ? 0 : 1;
    std::cout << passed << " passed, " << failed << " failed\n";
    return failed == 0 ? 0 : 1;
}
