// The signals that end the program or ask it something, and the way out for when destructors must not run.
#pragma once

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace heliograph::app {

/// Signals that the main thread waits for; blocked in all threads, which inherit the mask.
class Signals {
public:
    Signals() {
        ::signal(SIGPIPE, SIG_IGN);
        ::sigemptyset(&set_);
        for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) {
            ::sigaddset(&set_, signal);
        }
        ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    }
    /// The next of them. [main thread]
    [[nodiscard]] int wait() const {
        int signal = 0;
        while (::sigwait(&set_, &signal) != 0) {
        }
        return signal;
    }
    /// Whether SIGINT or SIGTERM is waiting to be handled.
    [[nodiscard]] bool has_ending() const {
        sigset_t pending;
        ::sigpending(&pending);
        return ::sigismember(&pending, SIGINT) == 1 || ::sigismember(&pending, SIGTERM) == 1;
    }
    /// From now on SIGINT ends the process at once, for a person who will not wait. Not SIGTERM: supervisors
    /// and timeout(1) send it to the process and to its group.
    void release_interrupt() const {
        sigset_t interrupt;
        ::sigemptyset(&interrupt);
        ::sigaddset(&interrupt, SIGINT);
        ::pthread_sigmask(SIG_UNBLOCK, &interrupt, nullptr);
    }

private:
    sigset_t set_{};
};

[[noreturn]] inline void leave_at_once(int code) {
    // A plugin's thread may still be running code, so destructors must not run.
    ::_exit(code);
}

}  // namespace heliograph::app
