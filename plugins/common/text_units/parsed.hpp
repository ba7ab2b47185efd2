// What a reader of a written quantity returns: the quantity, or why the text is not one.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace heliograph {

/// Holds a value, or an error in words for a person: a clause without a full stop that says what was found
/// and what to write instead.
template <class T>
class Parsed {
public:
    Parsed(T value) : value_(std::move(value)) {}

    [[nodiscard]] static Parsed failure(std::string error) {
        Parsed parsed;
        parsed.error_ = std::move(error);
        return parsed;
    }

    [[nodiscard]] bool has_value() const { return value_.has_value(); }
    [[nodiscard]] explicit operator bool() const { return has_value(); }

    /// The value. Only to be asked for when there is one.
    [[nodiscard]] const T& operator*() const { return *value_; }

    /// The error; empty when there is a value.
    [[nodiscard]] const std::string& error() const { return error_; }

private:
    Parsed() = default;

    std::optional<T> value_;
    std::string error_;
};

}  // namespace heliograph
