#include "tools/dtu_simulator/responder.hpp"

#include <algorithm>
#include <stdexcept>

namespace heliograph::dtu_simulator {
namespace {

using modbus::ExceptionCode;
using modbus::Request;

constexpr std::uint16_t kDtuSerialRegisters = 3;
constexpr std::uint16_t kRecordRegisters = kRecordBytes / 2;
constexpr std::uint16_t kMostRegistersPerRead = 125;
// Room for 99 ports and the end-of-list record behind the last one.
constexpr std::uint16_t kRecords = kMaximumPorts + 1;

Response refuse(const Request& request, ExceptionCode code) {
    return {.frame = modbus::make_exception(request, static_cast<std::uint8_t>(code))};
}

}  // namespace

Responder::Responder(const PlantSettings& plant, const ResponderSettings& settings)
    : plant_(plant), settings_(settings) {
    if (settings_.stride != 40 && settings_.stride != 20) {
        throw std::invalid_argument("the stride of port records is 40 or 20 addresses");
    }
}

Response Responder::respond(const Request& request, std::int64_t unix_ns) const {
    if (faults_.has(FaultKind::silent)) {
        return {.action = Response::Action::ignore, .frame = {}};
    }
    Request answered = request;
    if (const auto offset = faults_.value(FaultKind::wrong_transaction)) {
        answered.transaction = static_cast<std::uint16_t>(request.transaction + *offset);
    }
    Response response;
    if (const auto code = faults_.value(FaultKind::exception)) {
        response.frame = modbus::make_exception(answered, static_cast<std::uint8_t>(*code));
    } else {
        response = answer(answered, unix_ns);
    }
    response.delay = std::chrono::milliseconds(faults_.value(FaultKind::slow).value_or(0));
    if (faults_.has(FaultKind::cut)) {
        response.frame.resize(response.frame.size() / 2);
        response.action = Response::Action::send_and_close;
    }
    return response;
}

Response Responder::answer(const Request& request, std::int64_t unix_ns) const {
    if (settings_.unit != 0 && request.unit != settings_.unit) {
        return refuse(request, ExceptionCode::gateway_target_failed_to_respond);
    }
    if (request.function != modbus::kReadHoldingRegisters) {
        return refuse(request, ExceptionCode::illegal_function);
    }
    if (!request.readable || request.count == 0 || request.count > kMostRegistersPerRead) {
        return refuse(request, ExceptionCode::illegal_data_value);
    }
    if (request.address >= kDtuSerialAddress) {
        return answer_dtu_serial(request);
    }
    return answer_record(request, unix_ns);
}

Response Responder::answer_dtu_serial(const Request& request) const {
    if (request.address + request.count > kDtuSerialAddress + kDtuSerialRegisters) {
        return refuse(request, ExceptionCode::illegal_data_address);
    }
    const auto serial = pack_serial(plant_.dtu_serial());
    const auto first = static_cast<std::size_t>(request.address - kDtuSerialAddress) * 2;
    return {.frame =
                make_data_frame(request, std::span(serial).subspan(first, request.count * std::size_t{2}))};
}

Response Responder::answer_record(const Request& request, std::int64_t unix_ns) const {
    const int offset = request.address - kFirstRecordAddress;
    const bool starts_a_record = offset >= 0 && offset % settings_.stride == 0;
    if (!starts_a_record || offset / settings_.stride >= kRecords || request.count > kRecordRegisters) {
        return refuse(request, ExceptionCode::illegal_data_address);
    }
    const auto port = static_cast<std::size_t>(offset / settings_.stride);
    Response response;
    if (faults_.has(FaultKind::not_mapped)) {
        response.frame = modbus::make_bare_reply(request);
        return response;
    }
    if (faults_.has(FaultKind::not_mapped_zero)) {
        response.frame = modbus::make_reply(request, {});
        return response;
    }
    PortRecord record;
    if (port < plant_.port_count()) {
        const Disturbance disturbance{
            .unheard_since = faults_.unheard_since(plant_.inverter_of(port)),
            .counters_zero = faults_.has(FaultKind::lifetime_zero),
            .lifetime_from_morning = faults_.has(FaultKind::lifetime_morning),
        };
        record = encode_record(plant_.reading(port, unix_ns, disturbance));
    } else {
        record = end_of_list_record();
        response.end_of_list = true;
    }
    response.frame = make_data_frame(request, std::span(record).first(request.count * std::size_t{2}));
    return response;
}

std::vector<std::uint8_t> Responder::make_data_frame(const Request& request,
                                                     std::span<const std::uint8_t> data) const {
    std::optional<std::uint8_t> byte_count;
    if (const auto wrong = faults_.value(FaultKind::wrong_byte_count)) {
        byte_count = static_cast<std::uint8_t>(*wrong);
    }
    return modbus::make_reply(request, data, byte_count);
}

}  // namespace heliograph::dtu_simulator
