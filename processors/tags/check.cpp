#include "processors/tags/check.hpp"

#include "plugins/common/glob/glob.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

namespace heliograph::tags {
namespace {

using namespace std::string_literals;

/// One run over the options. Remembers who makes which tag, so that no two make the same.
class Check {
public:
    Check(const Options& options, Problems& problems) : options_(options), problems_(problems) {}

    void run() {
        check_patterns("keep", options_.keep);
        check_patterns("drop", options_.drop);
        check_contradictions();
        check_renames();
        check_copies();
        check_from_fields();
        check_add();
    }

private:
    void check_patterns(std::string_view option, const std::vector<std::string>& patterns) {
        for (auto pattern = patterns.begin(); pattern != patterns.end(); ++pattern) {
            if (pattern->empty()) {
                problems_.report(option, "a pattern is empty and matches no tag",
                                 "remove it, or write the tag's name");
            } else if (std::find(patterns.begin(), pattern, *pattern) != pattern) {
                problems_.report_at(option, *pattern, "the pattern '" + *pattern + "' is there twice",
                                    "remove one");
            }
        }
    }

    void check_contradictions() {
        for (const std::string& pattern : options_.drop) {
            if (!pattern.empty() &&
                std::find(options_.keep.begin(), options_.keep.end(), pattern) != options_.keep.end()) {
                problems_.report_at("drop", pattern, "'" + pattern + "' is both kept and dropped",
                                    "leave it in keep or in drop");
            }
        }
        if (options_.drop_fields && options_.from_fields.empty()) {
            problems_.report("drop_fields", "there are no from_fields, so there is no field to remove",
                             "name fields in from_fields, or leave drop_fields out");
        }
    }

    void check_renames() {
        for (const auto& [from, to] : options_.rename) {
            if (!check_new_name("rename", from, to) || !check_source("rename", from, from)) {
                continue;
            }
            if (from == to) {
                problems_.report_at("rename", from, "'" + from + "' is renamed to itself", "remove it");
                continue;
            }
            const auto next = std::find_if(options_.rename.begin(), options_.rename.end(),
                                           [&name = to](const auto& other) { return other.first == name; });
            if (next != options_.rename.end()) {
                problems_.report_at(
                    "rename", from,
                    "'" + from + "' becomes '" + to + "', which is itself renamed to '" + next->second + "'",
                    "write the final name; swap two tags by two processors");
            }
            claim("rename", from, to, true);
        }
    }

    void check_copies() {
        for (const auto& [tag, from] : options_.copy) {
            if (!check_new_name("copy", tag, tag) || !check_source("copy", tag, from)) {
                continue;
            }
            if (tag == from) {
                problems_.report_at("copy", tag, "'" + tag + "' is copied to itself", "remove it");
                continue;
            }
            const auto renamed =
                std::find_if(options_.rename.begin(), options_.rename.end(),
                             [&name = from](const auto& entry) { return entry.first == name; });
            if (renamed != options_.rename.end()) {
                problems_.report_at(
                    "copy", tag,
                    "'" + from + "' has become '" + renamed->second + "' by rename before it is copied",
                    "copy '" + renamed->second + "'");
            }
            claim("copy", tag, tag, false);
        }
    }

    void check_from_fields() {
        for (const auto& [tag, field] : options_.from_fields) {
            if (!check_new_name("from_fields", tag, tag)) {
                continue;
            }
            if (field.empty()) {
                problems_.report_at("from_fields", tag, "the field to make '" + tag + "' from has no name",
                                    "write it as tag = \"field\"");
                continue;
            }
            claim("from_fields", tag, tag, false);
        }
    }

    void check_add() {
        for (const auto& [tag, value] : options_.add) {
            if (!check_new_name("add", tag, tag)) {
                continue;
            }
            if (value.empty()) {
                problems_.report_at("add", tag, "the tag '" + tag + "' has no value",
                                    "give it one, or name it in drop to remove it");
                continue;
            }
            claim("add", tag, tag, false);
        }
    }

    /// `time` is the column or member that databases keep the timestamp in, beside the tags.
    bool check_new_name(std::string_view option, std::string_view key, const std::string& name) {
        if (name.empty()) {
            problems_.report_at(option, key, "the new tag has no name", "give it a name");
            return false;
        }
        if (name == "time") {
            problems_.report_at(option, key, "'time' is reserved for the time of the metric",
                                "choose another name for the tag");
            return false;
        }
        return true;
    }

    /// Whether a tag that is read can still be there after keep and drop.
    bool check_source(std::string_view option, std::string_view key, const std::string& from) {
        if (from.empty()) {
            problems_.report_at(option, key, "the existing tag has no name", "name the tag to read");
            return false;
        }
        const auto matches = [&](const std::string& pattern) { return Glob(pattern).matches(from); };
        const bool made = makers_.contains(from);
        const auto drop = std::find_if(options_.drop.begin(), options_.drop.end(), matches);
        if (!made && drop != options_.drop.end()) {
            problems_.report_at(
                option, key,
                "the tag '" + from + "' has been removed by drop ('" + *drop + "') before it is read",
                option == "copy" ? "use rename, which removes the old name"s : "take it out of drop"s);
            return false;
        }
        if (!made && !options_.keep.empty() &&
            std::none_of(options_.keep.begin(), options_.keep.end(), matches)) {
            problems_.report_at(
                option, key,
                "the tag '" + from + "' has been removed before it is read: keep does not name it",
                "add it to keep");
            return false;
        }
        return true;
    }

    /// Two makers of one tag contradict each other, unless the later one is a fallback (overwrite = false).
    void claim(std::string_view option, std::string_view key, const std::string& tag, bool always) {
        const auto [maker, first] = makers_.emplace(tag, option);
        if (!first && (always || options_.overwrite)) {
            problems_.report_at(option, key,
                                "the tag '" + tag + "' is made by " + std::string(maker->second) + " already",
                                "remove one, or set overwrite = false to let the first win");
        }
    }

    const Options& options_;
    Problems& problems_;
    std::map<std::string, std::string_view, std::less<>> makers_;
};

}  // namespace

void check_options(const Options& options, Problems& problems) {
    Check(options, problems).run();
}

}  // namespace heliograph::tags
