// An example in C++ of a host, a program that embeds this library: prints the HTTP headers that a request to each
// backend of a configuration must carry.
//
//     host CONFIG [--show-secrets] [--log]
//
// --show-secrets prints the values of headers instead of their lengths. --log prints the library's log to stderr.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <optional>
#include <string_view>

#include "argus_auth.hpp"

namespace {

// The longest wait for a token. The library itself gives up after 30 seconds, so no wait gets this long.
constexpr std::chrono::seconds timeout{35};

// The log function. The library may call it on any thread, and on several at once.
void print_log(argus_auth_log_level level, std::string_view target, std::string_view message) {
    static constexpr std::string_view levels[] = {"OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"};
    std::cerr << (level < std::size(levels) ? levels[level] : "?") << ' ' << target << ": " << message << '\n';
}

void print_backend(std::string_view backend, const argus_auth::Result<argus_auth::Headers> &headers,
                   bool show_secrets) {
    if (!headers) {
        std::cout << backend << "\terror: " << headers.error().code() << '\n';
        return;
    }
    if (headers->empty()) {
        std::cout << backend << "\t(no headers)\n";
    }
    for (auto [name, value] : *headers) {
        std::cout << backend << '\t' << name << ": ";
        if (show_secrets) {
            std::cout << value << '\n';
        } else {
            std::cout << "<redacted> (" << value.size() << " bytes)\n";
        }
    }
}

} // namespace

int main(int argc, char **argv) {
    std::optional<std::string_view> config;
    bool show_secrets = false;
    bool usage = false;
    for (int i = 1; i < argc; i++) {
        std::string_view argument = argv[i];
        if (argument == "--show-secrets") {
            show_secrets = true;
        } else if (argument == "--log") {
            static_cast<void>(argus_auth::set_log(ARGUS_AUTH_LOG_LEVEL_TRACE, print_log));
        } else if (!config) {
            config = argument;
        } else {
            usage = true;
        }
    }
    if (!config || usage) {
        std::cerr << "usage: host CONFIG [--show-secrets] [--log]\n";
        return 2;
    }

    auto resolver = argus_auth::Resolver::from_file(*config);
    if (!resolver) {
        // The message lists every problem of the file with its line and column.
        std::cerr << resolver.error().message() << '\n';
        return EXIT_FAILURE;
    }
    for (argus_auth::Backend backend : resolver->backends()) {
        // For an oauth2 backend, the first call waits for its token; later calls return the cached token.
        print_backend(backend.name(), resolver->headers(backend.name(), timeout), show_secrets);
    }
    // These calls are needed only if a log function is set, because it must not run while the process destroys its
    // static objects.
    static_cast<void>(argus_auth::shutdown(std::chrono::seconds(1)));
    static_cast<void>(argus_auth::clear_log());
    return EXIT_SUCCESS;
}
