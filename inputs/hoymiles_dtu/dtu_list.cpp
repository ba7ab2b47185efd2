#include "inputs/hoymiles_dtu/dtu_list.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace heliograph::hoymiles {
namespace {

/// Collects problems, or nothing where nobody asked.
class Report {
public:
    explicit Report(Problems* problems) : problems_(problems) {}

    void at(std::string_view option, std::string_view key, const std::string& message,
            std::string_view hint) const {
        if (problems_ != nullptr) {
            key.empty() ? problems_->report(option, message, hint)
                        : problems_->report_at(option, key, message, hint);
        }
    }

private:
    Problems* problems_;
};

class List {
public:
    List(const Options& options, Report report) : options_(options), report_(report) {
        for (const auto& [host, name] : options.dtu_names) {
            names_.emplace(host, name);
        }
    }

    void add(std::string_view option, std::string_view key, const std::string& text) {
        const auto address = parse_dtu_address(text, static_cast<std::uint16_t>(options_.port));
        if (!address) {
            report_.at(option, key, "\"" + text + "\" is not a host or host:port",
                       "write a name or an address such as 192.168.1.20 or dtu.local:502");
            return;
        }
        if (!known_.emplace(address->host, address->port).second) {
            report_.at(option, key,
                       address->host + " port " + std::to_string(address->port) + " is listed twice",
                       "a DTU takes one connection at a time; list it once, in one node");
            return;
        }
        const auto named = names_.find(text);
        entries_.push_back({*address, named == names_.end() || named->second.empty() ? text : named->second});
    }

    std::vector<DtuEntry> take() { return std::move(entries_); }

private:
    const Options& options_;
    Report report_;
    std::map<std::string, std::string, std::less<>> names_;
    std::set<std::pair<std::string, std::uint16_t>> known_;
    std::vector<DtuEntry> entries_;
};

void check_names(const Options& options, const Report& report) {
    for (const auto& [host, name] : options.dtu_names) {
        const bool listed = host == options.host || std::find(options.hosts.begin(), options.hosts.end(),
                                                              host) != options.hosts.end();
        if (!listed) {
            report.at("dtu_names", host, "\"" + host + "\" is not one of the hosts",
                      "write the host exactly as in host or hosts");
        }
    }
}

}  // namespace

std::vector<DtuEntry> list_dtus(const Options& options, Problems* problems) {
    const Report report{problems};
    if (options.host.empty() && options.hosts.empty()) {
        report.at("host", {}, "no DTU is named", "set host, or hosts for several");
    }
    List list{options, report};
    if (!options.host.empty()) {
        list.add("host", {}, options.host);
    }
    for (const std::string& host : options.hosts) {
        list.add("hosts", host, host);
    }
    check_names(options, report);
    auto entries = list.take();
    if (!options.dtu_name.empty()) {
        if (entries.size() > 1) {
            report.at("dtu_name", {}, "one name cannot serve " + std::to_string(entries.size()) + " DTUs",
                      "use dtu_names, a table of host = name");
        } else if (!entries.empty()) {
            entries.front().name = options.dtu_name;
        }
    }
    return entries;
}

}  // namespace heliograph::hoymiles
