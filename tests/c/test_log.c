/* The log callback: what it gets, and that it gets nothing after it was unregistered. */
#include <pthread.h>
#include <string.h>

#include "argus_auth.h"
#include "check.h"
#include "support.h"

/* What a callback has seen. */
struct seen {
    pthread_mutex_t lock;
    int calls, running, errors, secrets, unregister_refused, freed;
    long linger_ms;                   /* how long each call takes */
    argus_auth_resolver *used_inside; /* for calls of the library from inside the callback */
    int elsewhere, refused, unlike;   /* calls on another thread than `registrar`; what those calls came to */
    pthread_t registrar;
};

#define SEEN_INIT {PTHREAD_MUTEX_INITIALIZER, 0, 0, 0, 0, 0, 0, 0, NULL, 0, 0, 0, pthread_self()}

static void use_inside(struct seen *seen);

static void callback(void *user_data, argus_auth_log_level level, argus_auth_str target, argus_auth_str message) {
    struct seen *seen = user_data;
    (void)pthread_mutex_lock(&seen->lock);
    seen->calls++;
    seen->running++;
    seen->elsewhere += !pthread_equal(pthread_self(), seen->registrar);
    seen->errors += level == ARGUS_AUTH_LOG_LEVEL_ERROR;
    seen->secrets += strstr(message.data, CLIENT_SECRET) != NULL || strstr(message.data, "log-token") != NULL;
    seen->secrets += strncmp(target.data, "argus_auth::", 12) != 0 || message.data[message.len] != '\0';
    seen->unregister_refused += argus_auth_log_unregister(NULL) == ARGUS_AUTH_STATUS_IN_CALLBACK;
    (void)pthread_mutex_unlock(&seen->lock);
    if (seen->used_inside != NULL) {
        use_inside(seen);
    }
    sleep_ms(seen->linger_ms);
    (void)pthread_mutex_lock(&seen->lock);
    seen->running--;
    (void)pthread_mutex_unlock(&seen->lock);
}

/* What would wait is refused, on whatever thread; what would not goes well. */
static void use_inside(struct seen *seen) {
    argus_auth_headers *headers = NULL;
    argus_auth_error *error = NULL;
    argus_auth_status waiting = headers_of(seen->used_inside, "closed", 10, &headers, &error);
    bool said = is(argus_auth_error_code(error), "in_callback") && headers == NULL;
    argus_auth_error_free(error);
    argus_auth_status trying = try_headers_of(seen->used_inside, "closed", &headers, NULL);
    argus_auth_status at_once = headers_of(seen->used_inside, "fixed", 0, &headers, NULL);
    argus_auth_headers_free(headers);
    bool refused = waiting == ARGUS_AUTH_STATUS_IN_CALLBACK && said && trying == ARGUS_AUTH_STATUS_NOT_READY &&
                   argus_auth_log_register(callback, seen, NULL, 0, NULL) == ARGUS_AUTH_STATUS_IN_CALLBACK &&
                   argus_auth_shutdown(0, NULL) == ARGUS_AUTH_STATUS_IN_CALLBACK;
    (void)pthread_mutex_lock(&seen->lock);
    *(refused && at_once == ARGUS_AUTH_STATUS_OK ? &seen->refused : &seen->unlike) += 1;
    (void)pthread_mutex_unlock(&seen->lock);
}

/* Runs while nobody else can register or unregister. */
static void freed(void *user_data) {
    struct seen *seen = user_data;
    seen->freed += argus_auth_log_unregister(NULL) == ARGUS_AUTH_STATUS_IN_CALLBACK;
}

static int count(struct seen *seen, const int *field) {
    (void)pthread_mutex_lock(&seen->lock);
    int value = *field;
    (void)pthread_mutex_unlock(&seen->lock);
    return value;
}

static argus_auth_status listen_at(argus_auth_log_level level, struct seen *seen) {
    return argus_auth_log_register(callback, seen, freed, level, NULL);
}

/* Fetches a token, or fails to. */
static void fetch(const char *client_id, const char *reply) {
    argus_auth_resolver *resolver = load(client_id);
    script(reply);
    argus_auth_headers *headers = NULL;
    EXPECT(headers_of(resolver, "open", 20000, &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    argus_auth_headers_free(headers);
    argus_auth_resolver_free(resolver);
}

#define TOKEN "[{\"body\": {\"access_token\": \"log-token\"}}]"
#define REFUSAL "[{\"status\": 400, \"body\": {\"error\": \"invalid_scope\"}}]"

static void every_level(void) {
    struct seen seen = SEEN_INIT;
    CHECK(listen_at(ARGUS_AUTH_LOG_LEVEL_TRACE, &seen) == ARGUS_AUTH_STATUS_OK);
    fetch("test-log-all", TOKEN);
    fetch("test-log-refused", REFUSAL);
    CHECK(argus_auth_log_unregister(NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(seen.freed == 1);
    CHECK(seen.running == 0);
    CHECK(seen.calls >= 3);
    CHECK(seen.errors >= 1);
    CHECK(seen.secrets == 0);
    CHECK(seen.unregister_refused == seen.calls);
    int calls = seen.calls;
    fetch("test-log-after", TOKEN);
    CHECK(seen.calls == calls);
    CHECK(argus_auth_log_unregister(NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(seen.freed == 1);
}

static void only_what_is_serious(void) {
    struct seen first = SEEN_INIT, second = SEEN_INIT;
    CHECK(listen_at(ARGUS_AUTH_LOG_LEVEL_OFF, &first) == ARGUS_AUTH_STATUS_OK);
    fetch("test-log-off", REFUSAL);
    CHECK(listen_at(ARGUS_AUTH_LOG_LEVEL_ERROR, &second) == ARGUS_AUTH_STATUS_OK);
    CHECK(first.freed == 1);
    CHECK(first.calls == 0);
    fetch("test-log-error", REFUSAL);
    CHECK(argus_auth_log_unregister(NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(second.errors >= 1);
    CHECK(second.calls == second.errors);
}

static void *fetch_in_a_thread(void *client_id) {
    fetch(client_id, TOKEN);
    return NULL;
}

static void unregistering_waits_for_a_running_call(void) {
    static char client_id[] = "test-log-slow";
    struct seen seen = SEEN_INIT;
    seen.linger_ms = 100;
    CHECK(listen_at(ARGUS_AUTH_LOG_LEVEL_TRACE, &seen) == ARGUS_AUTH_STATUS_OK);
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

static void the_library_inside_the_callback(void) {
    struct seen seen = SEEN_INIT;
    /* Its answer stays away, so that whoever wants a token of it has to wait. */
    seen.used_inside = load("test-log-inside");
    script("[{\"body\": {\"access_token\": \"log-token\"}, \"hold\": true}]");
    argus_auth_headers *headers = NULL;
    CHECK(try_headers_of(seen.used_inside, "closed", &headers, NULL) == ARGUS_AUTH_STATUS_NOT_READY);
    CHECK(await_requests_of("test-log-inside", 1));
    CHECK(listen_at(ARGUS_AUTH_LOG_LEVEL_TRACE, &seen) == ARGUS_AUTH_STATUS_OK);
    fetch("test-log-outside", REFUSAL);
    CHECK(argus_auth_log_unregister(NULL) == ARGUS_AUTH_STATUS_OK);
    release();
    CHECK(seen.elsewhere >= 1);
    CHECK(seen.refused == seen.calls);
    CHECK(seen.unlike == 0);
    CHECK(headers_of(seen.used_inside, "closed", 20000, &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    argus_auth_headers_free(headers);
    argus_auth_resolver_free(seen.used_inside);
}

static void what_cannot_be_registered(void) {
    struct seen seen = SEEN_INIT;
    argus_auth_error *error = NULL;
    CHECK(argus_auth_log_register(NULL, &seen, freed, 1, &error) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    argus_auth_error_free(error);
    CHECK(listen_at(6, &seen) == ARGUS_AUTH_STATUS_INVALID_ARGUMENT);
    CHECK(seen.freed == 0);
    CHECK(argus_auth_log_register(callback, &seen, NULL, 0, NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(argus_auth_log_unregister(NULL) == ARGUS_AUTH_STATUS_OK);
}

void test_log(void) {
    static const struct test tests[] = {
        {"every level is logged, and no secret", every_level},
        {"only what is serious enough is logged", only_what_is_serious},
        {"unregistering waits for a running call", unregistering_waits_for_a_running_call},
        {"the library inside the callback", the_library_inside_the_callback},
        {"what cannot be registered", what_cannot_be_registered},
    };
    run_tests(tests, sizeof tests / sizeof *tests);
}
