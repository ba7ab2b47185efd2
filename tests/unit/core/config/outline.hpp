// Writes a document as one line per key and value, so that a test can compare content, order and positions at
// once.
#pragma once

#include "core/config/document.hpp"

#include <sstream>
#include <string>

namespace heliograph::config {

inline std::string place_of(const Position& position) {
    return std::to_string(position.line) + ':' + std::to_string(position.column);
}

inline void write_outline(const Value& value, const std::string& path, std::ostream& out) {
    out << ' ' << place_of(value.position()) << ' ';
    switch (value.kind()) {
        case Kind::boolean:
            out << (value.as_boolean() ? "true" : "false") << '\n';
            break;
        case Kind::integer:
            out << value.as_integer() << '\n';
            break;
        case Kind::floating:
            out << "float " << value.as_floating() << '\n';
            break;
        case Kind::text:
            out << '"' << value.as_text() << "\"\n";
            break;
        case Kind::date_time:
            out << "date_time " << value.as_date_time() << '\n';
            break;
        case Kind::list: {
            out << "list\n";
            std::size_t index = 0;
            for (const Value& item : value.as_list()) {
                const std::string item_path = path + '[' + std::to_string(index++) + ']';
                out << item_path;
                write_outline(item, item_path, out);
            }
            break;
        }
        case Kind::table:
            out << "table\n";
            for (const Entry& entry : value.as_table()) {
                const std::string entry_path = path.empty() ? entry.key : path + '.' + entry.key;
                out << entry_path << ' ' << place_of(entry.key_position);
                write_outline(entry.value, entry_path, out);
            }
            break;
    }
}

/// "path key-position value-position value" for every entry, "path[index] value-position value" for every
/// list item.
inline std::string outline(const Value& value) {
    std::ostringstream out;
    write_outline(value, "", out);
    return out.str();
}

}  // namespace heliograph::config
