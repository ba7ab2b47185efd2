#include "inputs/hoymiles_dtu/scan.hpp"

#include <algorithm>
#include <cstdio>

namespace heliograph::hoymiles {

Scan::Scan(const ScanSettings& settings, SteadyTime not_before)
    : settings_(settings), not_before_(not_before) {}

ScanAction Scan::next(SteadyTime now) {
    switch (state_) {
        case State::idle: {
            if (now < not_before_) {
                return {ScanAction::Kind::wait, {}, not_before_};
            }
            ++transaction_;
            ReadRequest request{transaction_, settings_.unit_id, kDtuSerialAddress, kDtuSerialRegisters};
            if (!reading_serial()) {
                request.start = record_address(settings_.map, settings_.stride, index_);
                request.count = record_registers(settings_.map);
            }
            request_ = encode(request);
            reader_.expect(transaction_);
            state_ = State::awaiting;
            deadline_ = now + settings_.timeout;
            not_before_ = now + settings_.request_gap;
            return {ScanAction::Kind::send, request_, deadline_};
        }
        case State::awaiting:
            if (now < deadline_) {
                return {ScanAction::Kind::receive, {}, deadline_};
            }
            not_before_ = now + settings_.request_gap;
            give_up("no reply within " + std::to_string(settings_.timeout.count()) + " ms");
            break;
        case State::finished:
            break;
    }
    return {ScanAction::Kind::finished, {}, {}};
}

void Scan::received(std::span<const std::uint8_t> bytes, SteadyTime now) {
    if (state_ != State::awaiting) {
        return;
    }
    const auto reply = reader_.feed(bytes);
    if (!reply) {
        return;
    }
    state_ = State::idle;
    not_before_ = now + settings_.request_gap;
    switch (reply->kind) {
        case ReplyKind::data:
            return reading_serial() ? take_serial(reply->data) : take_record(reply->data);
        case ReplyKind::empty:
            if (index_ == 0) {
                result_.status = ScanStatus::not_mapped;
                state_ = State::finished;
                return;
            }
            return give_up("the reply holds no data");
        case ReplyKind::exception:
            return give_up("exception " + std::to_string(reply->exception_code) + " (" +
                           std::string{exception_name(reply->exception_code)} + ")");
        case ReplyKind::malformed:
            return give_up(reply->reason);
    }
}

void Scan::interrupted(std::string_view reason) {
    if (state_ != State::finished) {
        give_up(reason);
    }
}

void Scan::take_serial(std::span<const std::uint8_t> data) {
    if (data.size() < SerialNumber::kBytes) {
        return give_up("the reply holds " + std::to_string(data.size()) + " bytes of data, 6 are needed");
    }
    result_.dtu_serial = SerialNumber::from_bytes(data.first<SerialNumber::kBytes>());
    if (result_.dtu_serial.is_zero()) {
        give_up("the DTU does not know its own serial number (all zero)");
    }
}

void Scan::take_record(std::span<const std::uint8_t> data) {
    const std::size_t needed = record_bytes(settings_.map);
    if (data.size() < needed) {
        return give_up("the reply holds " + std::to_string(data.size()) + " bytes of data, " +
                       std::to_string(needed) + " are needed");
    }
    const auto record = decode_record(settings_.map, data);
    if (!record) {
        return complete();
    }
    const auto same_port = [&](const PortRecord& other) {
        return other.serial == record->serial && other.port == record->port;
    };
    if (std::any_of(result_.records.begin(), result_.records.end(), same_port)) {
        repeated_ = true;
    } else {
        result_.records.push_back(*record);
    }
    ++index_;
    if (index_ >= kMaximumRecords) {
        complete();
    }
}

void Scan::complete() {
    result_.status = ScanStatus::complete;
    state_ = State::finished;
    result_.warning = describe_skipped_ports(result_.records);
    if (result_.warning.empty() && repeated_) {
        result_.warning = "the DTU lists a port more than once";
    }
    if (!result_.warning.empty()) {
        result_.warning += "; check the options layout and stride (now " + std::to_string(settings_.stride) +
                           "); until then the energy of ports that were not known before is left out";
    }
}

void Scan::give_up(std::string_view reason) {
    result_.status = result_.records.empty() ? ScanStatus::failed : ScanStatus::partial;
    state_ = State::finished;
    result_.problem = current_read();
    result_.problem += ": ";
    result_.problem += reason;
}

std::string Scan::current_read() const {
    if (transaction_ == 0) {
        return "connecting";
    }
    if (result_.dtu_serial.is_zero()) {
        return "reading the DTU's serial number";
    }
    char text[64];
    std::snprintf(text, sizeof text, "reading port record %u at 0x%04X", index_ + 1,
                  static_cast<unsigned>(record_address(settings_.map, settings_.stride, index_)));
    return text;
}

std::string describe_skipped_ports(std::span<const PortRecord> records) {
    for (const PortRecord& candidate : records) {
        if (candidate.port == 1) {
            continue;
        }
        // Ports of one inverter are numbered from 1 without gaps, so each has its predecessor in the list.
        const bool has_predecessor =
            std::any_of(records.begin(), records.end(), [&](const PortRecord& other) {
                return other.serial == candidate.serial && other.port + 1 == candidate.port;
            });
        if (!has_predecessor) {
            return "inverter " + candidate.serial.text() + " has port " + std::to_string(candidate.port) +
                   " but no port " + std::to_string(candidate.port - 1);
        }
    }
    return {};
}

}  // namespace heliograph::hoymiles
