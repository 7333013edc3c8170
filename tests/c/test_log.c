/* The log callback: the events that it receives until it is unregistered, and the functions that it may call. */
#include <pthread.h>
#include <string.h>

#include "argus_auth.h"
#include "check.h"
#include "support.h"

/* The `user_data` of a callback: settings, and counts of what it received. */
struct seen {
    pthread_mutex_t lock;
    int calls, running, errors;
    int faults; /* events with a secret, a wrong target, or a message without its closing NUL */
    int unregister_failed, freed;
    long linger_ms;                   /* the time that each call takes */
    argus_auth_resolver *used_inside; /* if not NULL, each call uses the library through it */
    int other_thread;                 /* calls on another thread than `registrar` */
    int as_expected, unexpected;      /* uses of the library from inside the callback */
    pthread_t registrar;
};

#define SEEN_INIT {PTHREAD_MUTEX_INITIALIZER, 0, 0, 0, 0, 0, 0, 0, NULL, 0, 0, 0, pthread_self()}

static void use_inside(struct seen *seen);

static void callback(void *user_data, argus_auth_log_level level, argus_auth_str target, argus_auth_str message) {
    struct seen *seen = user_data;
    (void)pthread_mutex_lock(&seen->lock);
    seen->calls++;
    seen->running++;
    seen->other_thread += !pthread_equal(pthread_self(), seen->registrar);
    seen->errors += level == ARGUS_AUTH_LOG_LEVEL_ERROR;
    seen->faults += strstr(message.data, CLIENT_SECRET) != NULL || strstr(message.data, "log-token") != NULL;
    seen->faults += strncmp(target.data, "argus_auth::", 12) != 0 || message.data[message.len] != '\0';
    seen->unregister_failed += argus_auth_log_unregister(NULL) == ARGUS_AUTH_STATUS_IN_CALLBACK;
    (void)pthread_mutex_unlock(&seen->lock);
    if (seen->used_inside != NULL) {
        use_inside(seen);
    }
    sleep_ms(seen->linger_ms);
    (void)pthread_mutex_lock(&seen->lock);
    seen->running--;
    (void)pthread_mutex_unlock(&seen->lock);
}

/*
 * Functions that would have to wait, that change the registration or that stop the engine fail with IN_CALLBACK, on any
 * thread. The other functions work.
 */
static void use_inside(struct seen *seen) {
    argus_auth_headers *headers = NULL;
    argus_auth_error *error = NULL;
    argus_auth_status waiting = headers_of(seen->used_inside, "closed", 10, &headers, &error);
    bool reported = is(argus_auth_error_code(error), "in_callback") && headers == NULL;
    argus_auth_error_free(error);
    argus_auth_status trying = try_headers_of(seen->used_inside, "closed", &headers, NULL);
    argus_auth_status at_once = headers_of(seen->used_inside, "fixed", 0, &headers, NULL);
    argus_auth_headers_free(headers);
    bool failed = waiting == ARGUS_AUTH_STATUS_IN_CALLBACK && reported && trying == ARGUS_AUTH_STATUS_NOT_READY &&
                  argus_auth_log_register(callback, seen, NULL, 0, NULL) == ARGUS_AUTH_STATUS_IN_CALLBACK &&
                  argus_auth_shutdown(0, NULL) == ARGUS_AUTH_STATUS_IN_CALLBACK;
    (void)pthread_mutex_lock(&seen->lock);
    *(failed && at_once == ARGUS_AUTH_STATUS_OK ? &seen->as_expected : &seen->unexpected) += 1;
    (void)pthread_mutex_unlock(&seen->lock);
}

/* Needs no lock: the library calls it after the last call of the callback, and the tests read `freed` after that. */
static void freed(void *user_data) {
    struct seen *seen = user_data;
    seen->freed += argus_auth_log_unregister(NULL) == ARGUS_AUTH_STATUS_IN_CALLBACK;
}

/* Returns the value of a field that a callback may be changing. */
static int count(struct seen *seen, const int *field) {
    (void)pthread_mutex_lock(&seen->lock);
    int value = *field;
    (void)pthread_mutex_unlock(&seen->lock);
    return value;
}

static argus_auth_status register_at(argus_auth_log_level level, struct seen *seen) {
    return argus_auth_log_register(callback, seen, freed, level, NULL);
}

/* Requests a token; the endpoint answers with `reply`. Success and failure both cause log events. */
static void fetch(const char *client_id, const char *reply) {
    argus_auth_resolver *resolver = load(client_id);
    script(reply);
    argus_auth_headers *headers = NULL;
    EXPECT(headers_of(resolver, "open", 20000, &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    argus_auth_headers_free(headers);
    argus_auth_resolver_free(resolver);
}

#define TOKEN "[{\"body\": {\"access_token\": \"log-token\"}}]"
#define REJECTION "[{\"status\": 400, \"body\": {\"error\": \"invalid_scope\"}}]"

static void log_callback_at_trace_gets_every_event_and_no_secret(void) {
    struct seen seen = SEEN_INIT;
    CHECK(register_at(ARGUS_AUTH_LOG_LEVEL_TRACE, &seen) == ARGUS_AUTH_STATUS_OK);
    fetch("test-log-all", TOKEN);
    fetch("test-log-rejected", REJECTION);
    CHECK(argus_auth_log_unregister(NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(seen.freed == 1);
    CHECK(seen.running == 0);
    CHECK(seen.calls >= 3);
    CHECK(seen.errors >= 1);
    CHECK(seen.faults == 0);
    CHECK(seen.unregister_failed == seen.calls);
    int calls = seen.calls;
    fetch("test-log-after", TOKEN);
    CHECK(seen.calls == calls);
    CHECK(argus_auth_log_unregister(NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(seen.freed == 1);
}

static void log_callback_gets_no_event_below_its_level(void) {
    struct seen first = SEEN_INIT, second = SEEN_INIT;
    CHECK(register_at(ARGUS_AUTH_LOG_LEVEL_OFF, &first) == ARGUS_AUTH_STATUS_OK);
    fetch("test-log-off", REJECTION);
    CHECK(register_at(ARGUS_AUTH_LOG_LEVEL_ERROR, &second) == ARGUS_AUTH_STATUS_OK);
    CHECK(first.freed == 1);
    CHECK(first.calls == 0);
    fetch("test-log-error", REJECTION);
    CHECK(argus_auth_log_unregister(NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(second.errors >= 1);
    CHECK(second.calls == second.errors);
}

static void *fetch_in_a_thread(void *client_id) {
    fetch(client_id, TOKEN);
    return NULL;
}

static void log_unregister_waits_for_a_running_call(void) {
    static char client_id[] = "test-log-slow";
    struct seen seen = SEEN_INIT;
    seen.linger_ms = 100;
    CHECK(register_at(ARGUS_AUTH_LOG_LEVEL_TRACE, &seen) == ARGUS_AUTH_STATUS_OK);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, fetch_in_a_thread, client_id) == 0);
    while (count(&seen, &seen.running) == 0) {
        sleep_ms(1);
    }
    CHECK(argus_auth_log_unregister(NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(count(&seen, &seen.running) == 0);
    CHECK(seen.freed == 1);
    int calls = count(&seen, &seen.calls);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(seen.calls == calls);
}

static void library_calls_inside_the_log_callback_fail_if_they_would_wait(void) {
    struct seen seen = SEEN_INIT;
    /* The endpoint holds its reply, so that a call for this resolver's token would have to wait. */
    seen.used_inside = load("test-log-inside");
    script("[{\"body\": {\"access_token\": \"log-token\"}, \"hold\": true}]");
    argus_auth_headers *headers = NULL;
    CHECK(try_headers_of(seen.used_inside, "closed", &headers, NULL) == ARGUS_AUTH_STATUS_NOT_READY);
    CHECK(await_requests_of("test-log-inside", 1));
    CHECK(register_at(ARGUS_AUTH_LOG_LEVEL_TRACE, &seen) == ARGUS_AUTH_STATUS_OK);
    fetch("test-log-outside", REJECTION);
    CHECK(argus_auth_log_unregister(NULL) == ARGUS_AUTH_STATUS_OK);
    release();
    CHECK(seen.other_thread >= 1);
    CHECK(seen.as_expected == seen.calls);
    CHECK(seen.unexpected == 0);
    CHECK(headers_of(seen.used_inside, "closed", 20000, &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    argus_auth_headers_free(headers);
    argus_auth_resolver_free(seen.used_inside);
}

static void log_register_reports_invalid_arguments_and_frees_nothing(void) {
    struct seen seen = SEEN_INIT;
    argus_auth_error *error = NULL;
    CHECK(argus_auth_log_register(NULL, &seen, freed, 1, &error) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    argus_auth_error_free(error);
    CHECK(register_at(6, &seen) == ARGUS_AUTH_STATUS_INVALID_ARGUMENT);
    CHECK(seen.freed == 0);
    CHECK(argus_auth_log_register(callback, &seen, NULL, 0, NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(argus_auth_log_unregister(NULL) == ARGUS_AUTH_STATUS_OK);
}

void test_log(void) {
    static const struct test tests[] = {
        TEST(log_callback_at_trace_gets_every_event_and_no_secret),
        TEST(log_callback_gets_no_event_below_its_level),
        TEST(log_unregister_waits_for_a_running_call),
        TEST(library_calls_inside_the_log_callback_fail_if_they_would_wait),
        TEST(log_register_reports_invalid_arguments_and_frees_nothing),
    };
    run_tests(tests, sizeof tests / sizeof *tests);
}
