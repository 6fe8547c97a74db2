#include "proto/handle/header.h"

namespace idnode::handle {

Result<Header, WireError> decode_header(BytesView octets) {
    ByteReader in(octets);
    Header out;
    out.op = static_cast<OpCode>(in.u32("operation code"));
    out.response = static_cast<ResponseCode>(in.u32("response code"));
    out.flags = in.u32("flags");
    out.site_serial = static_cast<std::int16_t>(in.u16("site serial number"));
    out.recursion_count = in.u8("recursion count");
    out.reserved = in.u8("reserved octet");
    out.expiration = in.u32("expiration time");
    out.body_length = in.u32("body length");
    return in.finish_prefix(out);
}

HeaderOctets header_octets(const Header& header) {
    HeaderOctets out;
    store(std::span<std::byte>(out), 0, static_cast<std::uint32_t>(header.op));
    store(std::span<std::byte>(out), 4, static_cast<std::uint32_t>(header.response));
    store(std::span<std::byte>(out), 8, header.flags);
    store(std::span<std::byte>(out), 12, static_cast<std::uint16_t>(header.site_serial));
    store(std::span<std::byte>(out), 14, header.recursion_count);
    store(std::span<std::byte>(out), 15, header.reserved);
    store(std::span<std::byte>(out), 16, header.expiration);
    store(std::span<std::byte>(out), 20, header.body_length);
    return out;
}

std::string_view name_of(OpCode op) {
    switch (op) {
        case OpCode::kReserved:
            return "reserved";
        case OpCode::kResolution:
            return "resolution";
        case OpCode::kGetSiteInfo:
            return "get site info";
        case OpCode::kCreateHandle:
            return "create handle";
        case OpCode::kDeleteHandle:
            return "delete handle";
        case OpCode::kAddValue:
            return "add value";
        case OpCode::kRemoveValue:
            return "remove value";
        case OpCode::kModifyValue:
            return "modify value";
        case OpCode::kListHandles:
            return "list handles";
        case OpCode::kListPrefixes:
            return "list prefixes";
        case OpCode::kChallengeResponse:
            return "challenge response";
        case OpCode::kVerifyResponse:
            return "verify response";
        case OpCode::kHomePrefix:
            return "home prefix";
        case OpCode::kUnhomePrefix:
            return "unhome prefix";
        case OpCode::kListHomedPrefixes:
            return "list homed prefixes";
        case OpCode::kSessionSetup:
            return "session setup";
        case OpCode::kSessionTerminate:
            return "session terminate";
        case OpCode::kSessionExchangeKey:
            return "session exchange key";
        case OpCode::kGetNextTransactionId:
            return "get next transaction id";
        case OpCode::kRetrieveTransactions:
            return "retrieve transactions";
        case OpCode::kDumpHandles:
            return "dump handles";
        case OpCode::kBackup:
            return "backup";
        case OpCode::kPasswordLogin:
            return "password login";
        case OpCode::kLoginToIdSystem:
            return "login to id system";
    }
    return "unknown";
}

std::string_view name_of(ResponseCode code) {
    switch (code) {
        case ResponseCode::kNone:
            return "none";
        case ResponseCode::kSuccess:
            return "success";
        case ResponseCode::kError:
            return "error";
        case ResponseCode::kServerBusy:
            return "server busy";
        case ResponseCode::kProtocolError:
            return "protocol error";
        case ResponseCode::kOperationNotSupported:
            return "operation not supported";
        case ResponseCode::kRecursionLimit:
            return "recursion limit";
        case ResponseCode::kServerBackup:
            return "server backup";
        case ResponseCode::kHandleNotFound:
            return "handle not found";
        case ResponseCode::kHandleAlreadyExists:
            return "handle already exists";
        case ResponseCode::kInvalidHandle:
            return "invalid handle";
        case ResponseCode::kValuesNotFound:
            return "values not found";
        case ResponseCode::kValueAlreadyExists:
            return "value already exists";
        case ResponseCode::kInvalidValue:
            return "invalid value";
        case ResponseCode::kOutOfDateSiteInfo:
            return "out-of-date site info";
        case ResponseCode::kServerNotResponsible:
            return "server not responsible";
        case ResponseCode::kServiceReferral:
            return "service referral";
        case ResponseCode::kPrefixReferral:
            return "prefix referral";
        case ResponseCode::kInvalidAdmin:
            return "invalid admin";
        case ResponseCode::kInsufficientPermissions:
            return "insufficient permissions";
        case ResponseCode::kAuthenticationNeeded:
            return "authentication needed";
        case ResponseCode::kAuthenticationFailed:
            return "authentication failed";
        case ResponseCode::kInvalidCredential:
            return "invalid credential";
        case ResponseCode::kAuthenticationTimeout:
            return "authentication timeout";
        case ResponseCode::kAuthenticationError:
            return "authentication error";
        case ResponseCode::kSessionTimeout:
            return "session timeout";
        case ResponseCode::kSessionFailed:
            return "session failed";
        case ResponseCode::kInvalidSessionKey:
            return "invalid session key";
        case ResponseCode::kNeedRsaKey:
            return "need rsa key";
        case ResponseCode::kInvalidSessionSetup:
            return "invalid session setup";
        case ResponseCode::kSessionMessageRejected:
            return "session message rejected";
    }
    return "unknown";
}

std::uint32_t wire_response_code(ResponseCode code, Version version) {
    if (!version.at_least({2, 5})) {
        if (code == ResponseCode::kServerBackup) code = ResponseCode::kPrefixReferral;
        if (code == ResponseCode::kInvalidValue) code = ResponseCode::kValueAlreadyExists;
    }
    return static_cast<std::uint32_t>(code);
}

ResponseCode meaning_of(ResponseCode received, Version version) {
    // A referral below 2.5 does not exist: 303 is how the peer spells "backup".
    if (received == ResponseCode::kPrefixReferral && !version.at_least({2, 5})) {
        return ResponseCode::kServerBackup;
    }
    return received;
}

ResponseCode response_code(Errc error) {
    switch (error) {
        case Errc::kNotFound:
            return ResponseCode::kHandleNotFound;
        case Errc::kConflict:
            return ResponseCode::kHandleAlreadyExists;
        case Errc::kInvalid:
            return ResponseCode::kInvalidValue;
        case Errc::kLimit:
            return ResponseCode::kServerBusy;
        case Errc::kRefused:
            return ResponseCode::kInvalidAdmin;
        case Errc::kUnsupported:
            return ResponseCode::kOperationNotSupported;
        case Errc::kUnavailable:
        case Errc::kTimeout:
        case Errc::kStorage:
        case Errc::kDamaged:
        case Errc::kInternal:
            break;
    }
    return ResponseCode::kError;  // makes clients ask another server, which may do better (§4.2)
}

}  // namespace idnode::handle
