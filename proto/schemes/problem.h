#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "proto/base/result.h"

namespace idnode::schemes {

/// Why a text is no identifier, one for each kind of fault (identifiers document, §18). The names
/// that `name_of` gives are stable.
enum class Fault : std::uint8_t {
    kUnrecognised,  // none of the forms of §1.4
    kEmpty,
    kTooLong,    // §1.3
    kUtf8,       // not UTF-8
    kControl,    // a control character
    kPercent,    // `%` without two hexadecimal digits
    kAmbiguous,  // digits that may be several things, §1.4.7
    kOrder,      // parts out of order or repeated: answered on look-up, not registered
    kCharacter,  // one that the scheme does not have

    kHandlePrefixOnly,
    kHandlePrefix,  // empty, or with an empty segment
    kHandleSuffixEmpty,
    kHandleCountry,
    kHandleIndustry,
    kHandleEnterprise,
    kHandleLetters,    // in an industrial prefix
    kHandleLevels,     // more than allowed
    kHandleReference,  // `300:prefix/suffix`: a value, not an identifier
    kHandleSpace,      // at an end of the suffix
    kHandleByteOrderMark,
    kHandleNotNfc,

    kIacSyntax,
    kIacDigits,       // VAA needs fourteen
    kIacCompanyOnly,  // names a company: not to be registered
    kIacTooLong,

    kEcodeVersion,  // unknown, reserved or prohibited
    kEcodeNsi,      // incomplete
    kEcodeNsiUnknown,
    kEcodeEmpty,  // no master data code
    kEcodeTooLong,
    kEcodeCharacter,
    kEcodeCheck,  // the rule of its NSI

    kOidRoot,
    kOidSecond,
    kOidLeadingZero,
    kOidEmptyArc,
    kOidArc,  // not a number
    kOidTooLarge,
    kOidTooMany,
    kOidLabel,

    kGs1Ai,             // unknown application identifier
    kGs1KeyMissing,     // qualifiers without their key
    kGs1Length,         // of a value
    kGs1Characters,     // of a value
    kGs1CheckDigit,     // wrong
    kGs1CheckPair,      // of a GMN
    kGs1Filler,         // of a GRAI
    kGs1CompanyPrefix,  // the value does not begin with one
    kGs1Pieces,         // of an ITIP
    kGs1LeadingZero,    // of a component serial
    kGs1Qualifier,      // not one of its key
    kGs1Excluded,       // two that exclude each other
    kGs1Repeated,       // the same twice
    kGs1Missing,        // one that its key needs
    kGs1Date,           // of an attribute
    kGs1Symbology,      // AIM symbology identifier of no GS1 symbol
    kGs1ElementString,  // brackets or separators

    kEpcType,
    kEpcFields,
    kEpcDigits,  // company prefix and reference together

    kDidSyntax,
    kDidMethod,
    kDidCn,
    kBidChain,
    kBidEncryption,
    kBidCodec,
    kBidSuffix,

    kUriSyntax,
};

/// `E_GS1_CHECK_DIGIT` and the like.
std::string_view name_of(Fault fault);

/// `part` is what is wrong, as it was given; `detail` says how.
struct Problem {
    Fault fault = Fault::kUnrecognised;
    std::string part;
    std::string detail;
};

/// `E_GS1_CHECK_DIGIT: 06901234567893: check digit 3, expected 2`.
std::string text_of(const Problem& problem);
/// kInvalid, with that text.
Error error_of(const Problem& problem);

template <class T>
using Parsed = Result<T, Problem>;

}  // namespace idnode::schemes
