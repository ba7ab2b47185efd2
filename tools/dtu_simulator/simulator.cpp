#include "tools/dtu_simulator/simulator.hpp"

#include "tools/dtu_simulator/dtu_server.hpp"
#include "tools/dtu_simulator/simulated_clock.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include <sys/resource.h>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>

namespace heliograph::dtu_simulator {
namespace {

namespace asio = boost::asio;

constexpr std::int64_t kSecondsPerDay = 86'400;

void raise_open_file_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

asio::ip::address parse_host(const std::string& host) {
    boost::system::error_code error;
    const asio::ip::address address = asio::ip::make_address(host, error);
    if (error) {
        throw std::invalid_argument("cannot listen on \"" + host +
                                    "\": give an IP address, such as 127.0.0.1 or 0.0.0.0");
    }
    return address;
}

void check(const Settings& settings) {
    if (settings.count == 0) {
        throw std::invalid_argument("at least one DTU must be simulated");
    }
    if (settings.first_port != 0 && settings.count > std::size_t{65'536} - settings.first_port) {
        throw std::invalid_argument("there are no " + std::to_string(settings.count) + " ports from " +
                                    std::to_string(settings.first_port) + " on: choose a lower first port");
    }
    if (!(settings.speed >= 0)) {
        throw std::invalid_argument("the speed of the simulated clock cannot be negative");
    }
    for (const FaultAssignment& assignment : settings.faults) {
        if (assignment.dtu && *assignment.dtu >= settings.count) {
            throw std::invalid_argument("there is no DTU " + std::to_string(*assignment.dtu) +
                                        " to have a fault: they are counted from 0 to " +
                                        std::to_string(settings.count - 1));
        }
    }
}

}  // namespace

std::int64_t unix_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

std::int64_t today_at(std::chrono::seconds time_of_day, std::chrono::seconds utc_offset) {
    const std::int64_t local = unix_now() / 1'000'000'000 + utc_offset.count();
    return (local - local % kSecondsPerDay + time_of_day.count() - utc_offset.count()) * 1'000'000'000;
}

class DtuSimulator::Implementation {
public:
    explicit Implementation(Settings settings)
        : settings_(std::move(settings)),
          address_(parse_host(settings_.host)),
          clock_(settings_.start_time.value_or(today_at(std::chrono::hours(12), settings_.plant.utc_offset)),
                 settings_.speed) {
        check(settings_);
        servers_.reserve(settings_.count);
        for (std::size_t dtu = 0; dtu < settings_.count; ++dtu) {
            PlantSettings plant = settings_.plant;
            plant.dtu_index = dtu;
            servers_.push_back(
                std::make_unique<DtuServer>(io_context_, clock_, Responder(plant, settings_.responder)));
        }
        for (const FaultAssignment& assignment : settings_.faults) {
            for (std::size_t dtu = 0; dtu < settings_.count; ++dtu) {
                if (assignment.dtu.value_or(dtu) == dtu) {
                    servers_[dtu]->responder().faults().add(assignment.fault, clock_.now());
                }
            }
        }
    }

    ~Implementation() { stop(); }

    void start() {
        const std::lock_guard lock(mutex_);
        if (thread_.joinable()) {
            return;
        }
        raise_open_file_limit();
        io_context_.restart();
        for (std::size_t dtu = 0; dtu < servers_.size(); ++dtu) {
            listen(dtu);
        }
        thread_ = std::thread([this] {
            const auto work = asio::make_work_guard(io_context_);
            io_context_.run();
        });
    }

    void stop() {
        const std::lock_guard lock(mutex_);
        if (!thread_.joinable()) {
            return;
        }
        asio::post(io_context_, [this] {
            close_all();
            io_context_.stop();
        });
        thread_.join();
        run_dry();
    }

    /// Runs `task` where nothing else touches the servers and the clock, and returns what it returns.
    template <class Task>
    auto exclusively(Task task) {
        const std::lock_guard lock(mutex_);
        if (!thread_.joinable()) {
            return task();
        }
        return run_on_thread(std::move(task));
    }

    /// The same, for what makes sense only on the network.
    template <class Task>
    void exclusively_while_running(Task task) {
        const std::lock_guard lock(mutex_);
        if (!thread_.joinable()) {
            throw std::logic_error(
                "the simulator must be started before a DTU of it can be killed or revived");
        }
        run_on_thread(std::move(task));
    }

    [[nodiscard]] std::size_t size() const { return servers_.size(); }
    [[nodiscard]] DtuServer& server(std::size_t dtu) { return *servers_.at(dtu); }
    [[nodiscard]] SimulatedClock& clock() { return clock_; }

private:
    /// Called under mutex_, so that there is one task at a time and one pair of members is enough to wait for
    /// it.
    template <class Task>
    auto run_on_thread(Task task) {
        using Result = std::invoke_result_t<Task>;
        std::conditional_t<std::is_void_v<Result>, std::monostate, std::optional<Result>> result;
        std::exception_ptr failure;
        {
            const std::lock_guard lock(task_mutex_);
            task_done_ = false;
        }
        asio::post(io_context_, [&] {
            try {
                if constexpr (std::is_void_v<Result>) {
                    task();
                } else {
                    result = task();
                }
            } catch (...) {
                failure = std::current_exception();
            }
            const std::lock_guard lock(task_mutex_);
            task_done_ = true;
            task_ended_.notify_one();
        });
        std::unique_lock lock(task_mutex_);
        task_ended_.wait(lock, [this] { return task_done_; });
        if (failure) {
            std::rethrow_exception(failure);
        }
        if constexpr (!std::is_void_v<Result>) {
            return *std::move(result);
        }
    }

    void listen(std::size_t dtu) {
        std::uint16_t port = servers_[dtu]->endpoint().port();
        if (port == 0 && settings_.first_port != 0) {
            port = static_cast<std::uint16_t>(settings_.first_port + dtu);
        }
        try {
            servers_[dtu]->listen({address_, port});
        } catch (const boost::system::system_error& error) {
            close_all();
            run_dry();
            throw std::runtime_error("cannot listen on " + settings_.host + ":" + std::to_string(port) +
                                     " for DTU " + std::to_string(dtu) + ": " + error.code().message() +
                                     "; choose another first port or another host");
        }
    }

    void close_all() {
        for (const auto& server : servers_) {
            server->close();
        }
    }

    /// Lets the handlers of what was closed end, so that none of them outlives what it refers to.
    void run_dry() {
        io_context_.restart();
        io_context_.run();
    }

    Settings settings_;
    asio::ip::address address_;
    SimulatedClock clock_;
    asio::io_context io_context_{1};
    std::vector<std::unique_ptr<DtuServer>> servers_;
    std::mutex mutex_;  // one caller at a time
    std::mutex task_mutex_;
    std::condition_variable task_ended_;
    bool task_done_ = false;  // guarded by task_mutex_
    std::thread thread_;
};

DtuSimulator::DtuSimulator(Settings settings)
    : implementation_(std::make_unique<Implementation>(std::move(settings))) {}

DtuSimulator::~DtuSimulator() = default;

void DtuSimulator::start() {
    implementation_->start();
}

void DtuSimulator::stop() {
    implementation_->stop();
}

std::size_t DtuSimulator::size() const {
    return implementation_->size();
}

std::uint16_t DtuSimulator::port(std::size_t dtu) const {
    DtuServer& server = implementation_->server(dtu);
    return implementation_->exclusively([&] { return server.endpoint().port(); });
}

const Plant& DtuSimulator::plant(std::size_t dtu) const {
    return implementation_->server(dtu).responder().plant();
}

void DtuSimulator::set_fault(std::size_t dtu, const Fault& fault) {
    DtuServer& server = implementation_->server(dtu);
    implementation_->exclusively([&] {
        server.responder().faults().clear();
        server.responder().faults().add(fault, implementation_->clock().now());
    });
}

void DtuSimulator::add_fault(std::size_t dtu, const Fault& fault) {
    DtuServer& server = implementation_->server(dtu);
    implementation_->exclusively(
        [&] { server.responder().faults().add(fault, implementation_->clock().now()); });
}

void DtuSimulator::clear_faults(std::size_t dtu) {
    set_fault(dtu, Fault{});
}

void DtuSimulator::kill(std::size_t dtu) {
    DtuServer& server = implementation_->server(dtu);
    implementation_->exclusively_while_running([&] { server.kill(); });
}

void DtuSimulator::revive(std::size_t dtu) {
    DtuServer& server = implementation_->server(dtu);
    implementation_->exclusively_while_running([&] { server.revive(); });
}

void DtuSimulator::set_time(std::int64_t unix_ns) {
    implementation_->exclusively([&] { implementation_->clock().set(unix_ns); });
}

void DtuSimulator::resume_time() {
    implementation_->exclusively([&] { implementation_->clock().resume(); });
}

std::int64_t DtuSimulator::time() const {
    return implementation_->exclusively([&] { return implementation_->clock().now(); });
}

Statistics DtuSimulator::statistics(std::size_t dtu) const {
    DtuServer& server = implementation_->server(dtu);
    return implementation_->exclusively([&] { return server.statistics(); });
}

void DtuSimulator::reset_statistics(std::size_t dtu) {
    DtuServer& server = implementation_->server(dtu);
    implementation_->exclusively([&] { server.reset_statistics(); });
}

}  // namespace heliograph::dtu_simulator
