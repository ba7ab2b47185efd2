/// The program: options in, one line once clients can connect, a summary of what they did at the end.
#include "tools/dtu_simulator/simulator.hpp"

#include <boost/program_options.hpp>

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace heliograph::dtu_simulator;
namespace program_options = boost::program_options;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t kMostDtusInSummary = 20;

struct CommandLine {
    Settings settings;
    std::vector<FaultAssignment> faults;
    double fault_after = 0;  // seconds
    double fault_for = 0;    // seconds, 0 = to the end
    bool quiet = false;
    bool help = false;
};

std::chrono::seconds local_utc_offset() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    return std::chrono::seconds(local.tm_gmtoff);
}

std::chrono::seconds parse_time_of_day(const std::string& text) {
    int hours = 0;
    int minutes = 0;
    int used = 0;
    const int found = std::sscanf(text.c_str(), "%2d:%2d%n", &hours, &minutes, &used);
    if (found != 2 || static_cast<std::size_t>(used) != text.size() || hours < 0 || hours > 23 ||
        minutes < 0 || minutes > 59) {
        throw std::invalid_argument("\"" + text + "\" is not a time of day: write HH:MM, such as 06:30");
    }
    return std::chrono::hours(hours) + std::chrono::minutes(minutes);
}

/// Reads one number and says which option was wrong, instead of wrapping a negative one around.
template <class Number>
Number number_option(const program_options::variables_map& values, const char* name, long long lowest,
                     long long highest) {
    const long long value = values[name].as<long long>();
    if (value < lowest || value > highest) {
        throw std::invalid_argument("--" + std::string(name) + " is " + std::to_string(value) + ": give " +
                                    std::to_string(lowest) + " to " + std::to_string(highest));
    }
    return static_cast<Number>(value);
}

program_options::options_description make_description() {
    using program_options::value;
    program_options::options_description description("Options", 100);
    const auto number = [](long long standard) { return value<long long>()->default_value(standard); };
    const auto text = [](const char* standard) { return value<std::string>()->default_value(standard); };
    // clang-format off
    description.add_options()
        ("host", text("127.0.0.1"), "IP address to listen on")
        ("port", number(5020), "port of the first DTU, the others follow; 0 = any free ones")
        ("count", number(1), "number of DTUs")
        ("inverters", number(2), "inverters per DTU")
        ("ports", number(4), "PV ports per inverter; a DTU reports at most 99 ports in all")
        ("mi", number(0), "how many of the inverters are of the MI family (current in 0.1 A)")
        ("seed", number(1), "the same seed gives the same plant")
        ("stride", number(40), "addresses from one port record to the next: 40, or 20 as OpenDTU imitates it")
        ("unit", number(1), "Modbus unit identifier; 0 = answer to all")
        ("start-time", text("12:00"), "time of day at which the plant's clock starts, HH:MM, or now")
        ("speed", value<double>()->default_value(1, "1"), "simulated seconds per second")
        ("sunrise", text("06:00"), "HH:MM")
        ("sunset", text("20:00"), "HH:MM")
        ("refresh", number(1), "seconds between two readings of the inverters; in between a reading repeats")
        ("fault", value<std::vector<std::string>>()->composing(),
            "KIND, KIND=NUMBER or KIND@DTU (from 0); may be given several times")
        ("fault-after", value<double>()->default_value(0, "0"), "seconds until the faults begin")
        ("fault-for", value<double>()->default_value(0, "0"), "seconds that the faults last; 0 = to the end")
        ("quiet", "no summary at the end")
        ("help", "this text");
    // clang-format on
    return description;
}

void print_help(const program_options::options_description& description) {
    std::cout << "dtu_simulator: Hoymiles DTUs for tests and demonstrations, answering on Modbus TCP\n\n"
              << description << "\nFaults:";
    for (const std::string_view name : fault_names()) {
        std::cout << ' ' << name;
    }
    std::cout << "\n\nExamples:\n"
                 "  dtu_simulator                                  one DTU at noon on 127.0.0.1:5020\n"
                 "  dtu_simulator --count 1000 --port 20000        a thousand, on 20000 to 20999\n"
                 "  dtu_simulator --start-time 05:55 --speed 600   a day in two and a half minutes\n"
                 "  dtu_simulator --count 4 --fault silent@3 --fault slow=800@0\n"
                 "  dtu_simulator --fault not-mapped --fault-after 60 --fault-for 120\n";
}

CommandLine read_command_line(int argc, char** argv) {
    const auto description = make_description();
    program_options::variables_map values;
    program_options::store(program_options::parse_command_line(argc, argv, description), values);
    program_options::notify(values);

    CommandLine command;
    command.help = values.count("help") > 0;
    command.quiet = values.count("quiet") > 0;
    if (command.help) {
        print_help(description);
        return command;
    }

    Settings& settings = command.settings;
    settings.host = values["host"].as<std::string>();
    settings.first_port = number_option<std::uint16_t>(values, "port", 0, 65'535);
    settings.count = number_option<std::size_t>(values, "count", 1, 65'535);
    settings.plant.inverters = number_option<std::size_t>(values, "inverters", 1, 99);
    settings.plant.ports = number_option<std::size_t>(values, "ports", 1, 8);
    settings.plant.mi_inverters = number_option<std::size_t>(values, "mi", 0, 99);
    settings.plant.seed = number_option<std::uint64_t>(values, "seed", 0, 1'000'000'000'000);
    settings.plant.refresh = std::chrono::seconds(number_option<int>(values, "refresh", 1, 86'400));
    settings.plant.sunrise = parse_time_of_day(values["sunrise"].as<std::string>());
    settings.plant.sunset = parse_time_of_day(values["sunset"].as<std::string>());
    settings.plant.utc_offset = local_utc_offset();
    settings.responder.stride = number_option<std::uint16_t>(values, "stride", 20, 40);
    settings.responder.unit = number_option<std::uint8_t>(values, "unit", 0, 255);
    settings.speed = values["speed"].as<double>();
    const std::string start = values["start-time"].as<std::string>();
    settings.start_time =
        start == "now" ? unix_now() : today_at(parse_time_of_day(start), settings.plant.utc_offset);

    if (values.count("fault") > 0) {
        for (const std::string& text : values["fault"].as<std::vector<std::string>>()) {
            command.faults.push_back(parse_fault(text));
        }
    }
    command.fault_after = values["fault-after"].as<double>();
    command.fault_for = values["fault-for"].as<double>();
    if (!(command.fault_after >= 0 && command.fault_for >= 0)) {
        throw std::invalid_argument("--fault-after and --fault-for are numbers of seconds from 0");
    }
    return command;
}

void print_ready(const DtuSimulator& simulator, const Settings& settings) {
    const std::uint16_t first = simulator.port(0);
    const std::uint16_t last = simulator.port(simulator.size() - 1);
    std::cout << "dtu_simulator: " << simulator.size() << " DTU(s) ready on " << settings.host << ':'
              << first;
    if (settings.first_port != 0 || simulator.size() == 1) {
        std::cout << ".." << last;
    } else {
        for (std::size_t dtu = 1; dtu < simulator.size(); ++dtu) {
            std::cout << ',' << simulator.port(dtu);
        }
    }
    std::cout << std::endl;
}

void print_summary(const DtuSimulator& simulator) {
    Statistics total;
    for (std::size_t dtu = 0; dtu < simulator.size(); ++dtu) {
        const Statistics one = simulator.statistics(dtu);
        total.connections += one.connections;
        total.requests += one.requests;
        total.replies += one.replies;
        total.scans += one.scans;
        total.scans_completed += one.scans_completed;
        total.framing_errors += one.framing_errors;
        total.most_open_at_once = std::max(total.most_open_at_once, one.most_open_at_once);
        if (one.shortest_gap) {
            total.shortest_gap = std::min(total.shortest_gap.value_or(*one.shortest_gap), *one.shortest_gap);
        }
    }
    const auto print = [](const std::string& who, const Statistics& seen) {
        std::printf(
            "dtu_simulator: %s: %llu connections (at most %llu at once), %llu requests, %llu replies, "
            "%llu scans begun, %llu completed, %llu framing errors, shortest gap ",
            who.c_str(), static_cast<unsigned long long>(seen.connections),
            static_cast<unsigned long long>(seen.most_open_at_once),
            static_cast<unsigned long long>(seen.requests), static_cast<unsigned long long>(seen.replies),
            static_cast<unsigned long long>(seen.scans),
            static_cast<unsigned long long>(seen.scans_completed),
            static_cast<unsigned long long>(seen.framing_errors));
        if (seen.shortest_gap) {
            std::printf("%.1f ms\n", std::chrono::duration<double, std::milli>(*seen.shortest_gap).count());
        } else {
            std::printf("unknown\n");
        }
    };
    if (simulator.size() > 1 && simulator.size() <= kMostDtusInSummary) {
        for (std::size_t dtu = 0; dtu < simulator.size(); ++dtu) {
            print("DTU " + std::to_string(dtu), simulator.statistics(dtu));
        }
    }
    print("all", total);
}

/// Waits for a signal to stop, at most until `deadline` if there is one. True when the signal came.
bool wait_for_stop(const sigset_t& signals, const SteadyTime* deadline) {
    for (;;) {
        if (deadline == nullptr) {
            if (sigwaitinfo(&signals, nullptr) > 0) {
                return true;
            }
            continue;
        }
        const auto left = std::max(std::chrono::nanoseconds(*deadline - std::chrono::steady_clock::now()),
                                   std::chrono::nanoseconds(0));
        const timespec timeout{.tv_sec = static_cast<std::time_t>(left.count() / 1'000'000'000),
                               .tv_nsec = static_cast<long>(left.count() % 1'000'000'000)};
        if (sigtimedwait(&signals, nullptr, &timeout) > 0) {
            return true;
        }
        if (std::chrono::steady_clock::now() >= *deadline) {
            return false;
        }
    }
}

SteadyTime after(double seconds) {
    return std::chrono::steady_clock::now() +
           std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}

void add_faults(DtuSimulator& simulator, const std::vector<FaultAssignment>& faults) {
    for (const FaultAssignment& assignment : faults) {
        const std::size_t first = assignment.dtu.value_or(0);
        const std::size_t last = assignment.dtu.value_or(simulator.size() - 1);
        for (std::size_t dtu = first; dtu <= last; ++dtu) {
            simulator.add_fault(dtu, assignment.fault);
        }
    }
}

/// Returns when a signal asks to stop.
void run_until_stopped(DtuSimulator& simulator, const CommandLine& command, const sigset_t& signals) {
    if (command.faults.empty()) {
        wait_for_stop(signals, nullptr);
        return;
    }
    if (command.fault_after > 0) {
        const SteadyTime begin = after(command.fault_after);
        if (wait_for_stop(signals, &begin)) {
            return;
        }
        add_faults(simulator, command.faults);
    }
    if (command.fault_for > 0) {
        const SteadyTime end = after(command.fault_for);
        if (wait_for_stop(signals, &end)) {
            return;
        }
        for (std::size_t dtu = 0; dtu < simulator.size(); ++dtu) {
            simulator.clear_faults(dtu);
        }
    }
    wait_for_stop(signals, nullptr);
}

}  // namespace

int main(int argc, char** argv) try {
    CommandLine command = read_command_line(argc, argv);
    if (command.help) {
        return EXIT_SUCCESS;
    }
    // Blocked before any thread exists, so that only wait_for_stop() sees them.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, nullptr);

    for (const FaultAssignment& assignment : command.faults) {
        if (assignment.dtu && *assignment.dtu >= command.settings.count) {
            throw std::invalid_argument("--fault names DTU " + std::to_string(*assignment.dtu) +
                                        ", but they are counted from 0 to " +
                                        std::to_string(command.settings.count - 1));
        }
    }
    if (command.fault_after == 0) {
        command.settings.faults = command.faults;
    }
    DtuSimulator simulator(command.settings);
    simulator.start();
    print_ready(simulator, command.settings);
    run_until_stopped(simulator, command, signals);
    simulator.stop();
    if (!command.quiet) {
        print_summary(simulator);
    }
    return EXIT_SUCCESS;
} catch (const std::exception& error) {
    std::cerr << "dtu_simulator: " << error.what() << "; see --help\n";
    return EXIT_FAILURE;
}
