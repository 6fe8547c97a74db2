#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "proto/handle/value.h"
#include "registry/model/ports.h"

/// Signatures and certificates of §2.9, with keys made for the test.
namespace idnode::test {

/// A key pair under a name, `index:handle`.
struct Party {
    std::string name;
    std::unique_ptr<model::Signer> signer;

    boost::json::value jwk() const;
};
/// RSA keys take a while to make: each is made once.
const Party& party(const std::string& name);

std::string base64url(std::string_view text);
/// Of a value, as signatures have it.
std::string digest_of(const handle::Value& value);

/// Claims in compact form, signed with RS256.
std::string jws(const boost::json::object& claims, const Party& signer);

struct Permission {
    std::string what = "everything";
    std::string handle = "0.NA/88";
};
std::string certificate(const std::string& issuer, const std::string& subject, std::int64_t expires,
                        const Permission& permission = {});

/// The data of a signature by `signer` of `values` in the record of `handle`; `more` claims.
std::string record_signature(const std::string& handle, std::span<const handle::Value> values,
                             const Party& signer, boost::json::object more = {});

/// The claim with these certificates.
boost::json::object with_chain(std::initializer_list<std::string> certificates);

}  // namespace idnode::test
