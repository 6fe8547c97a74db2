#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/service/identity.h"

/// What requests say about who sent them (§8.7), taken apart but not checked.
namespace idnode::http {

/// `Authorization: Basic …`.
struct BasicCredentials {
    service::Identity identity;
    Bytes secret;
};

/// `Authorization: Handle …`, or the same members in the JSON of `/api/sessions/this`.
struct HandleCredentials {
    std::string session_id;
    std::optional<service::Identity> identity;
    std::string type;
    Bytes cnonce;
    std::string algorithm;
    Bytes signature;
    Bytes salt;
    std::string iterations;
    std::string length;  // of the derived key in bits
    bool client_certificate = false;

    bool is_proof() const { return identity.has_value(); }
};

enum class Scheme { kNone, kBasic, kHandle, kOther };

Scheme scheme_of(std::string_view authorization);

/// All three: kInvalid says what of it cannot be read.
Result<BasicCredentials> read_basic(std::string_view authorization);
Result<HandleCredentials> read_handle(std::string_view authorization);
Result<HandleCredentials> read_handle(const boost::json::value& object);

/// An octet string as parameters carry it: Base64, a plus that a form made a space included.
Result<Bytes> read_octets(std::string_view name, std::string_view base64);

/// The native form of the proof (§5.2): what nonce and client nonce together were signed with
/// corresponds to nonce and digest there. kInvalid: no such type or algorithm.
Result<Bytes> native_proof(const HandleCredentials& credentials);

}  // namespace idnode::http
