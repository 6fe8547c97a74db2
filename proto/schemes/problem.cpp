#include "proto/schemes/problem.h"

#include "proto/schemes/limits.h"

namespace idnode::schemes {

std::string_view name_of(Fault fault) {
    switch (fault) {
        case Fault::kUnrecognised:
            return "E_ID_UNRECOGNISED";
        case Fault::kEmpty:
            return "E_ID_EMPTY";
        case Fault::kTooLong:
            return "E_ID_TOO_LONG";
        case Fault::kUtf8:
            return "E_ID_UTF8";
        case Fault::kControl:
            return "E_ID_CONTROL";
        case Fault::kPercent:
            return "E_ID_PERCENT";
        case Fault::kAmbiguous:
            return "E_ID_AMBIGUOUS";
        case Fault::kOrder:
            return "E_ID_ORDER";
        case Fault::kCharacter:
            return "E_ID_CHARACTER";
        case Fault::kHandlePrefixOnly:
            return "E_HANDLE_PREFIX_ONLY";
        case Fault::kHandlePrefix:
            return "E_HANDLE_PREFIX";
        case Fault::kHandleSuffixEmpty:
            return "E_HANDLE_SUFFIX_EMPTY";
        case Fault::kHandleCountry:
            return "E_HANDLE_COUNTRY";
        case Fault::kHandleIndustry:
            return "E_HANDLE_INDUSTRY";
        case Fault::kHandleEnterprise:
            return "E_HANDLE_ENTERPRISE";
        case Fault::kHandleLetters:
            return "E_HANDLE_LETTERS";
        case Fault::kHandleLevels:
            return "E_HANDLE_LEVELS";
        case Fault::kHandleReference:
            return "E_HANDLE_REFERENCE";
        case Fault::kHandleSpace:
            return "E_HANDLE_SPACE";
        case Fault::kHandleByteOrderMark:
            return "E_HANDLE_BYTE_ORDER_MARK";
        case Fault::kHandleNotNfc:
            return "E_HANDLE_NOT_NFC";
        case Fault::kIacSyntax:
            return "E_IAC_SYNTAX";
        case Fault::kIacDigits:
            return "E_IAC_DIGITS";
        case Fault::kIacCompanyOnly:
            return "E_IAC_COMPANY_ONLY";
        case Fault::kIacTooLong:
            return "E_IAC_TOO_LONG";
        case Fault::kEcodeVersion:
            return "E_ECODE_VERSION";
        case Fault::kEcodeNsi:
            return "E_ECODE_NSI";
        case Fault::kEcodeNsiUnknown:
            return "E_ECODE_NSI_UNKNOWN";
        case Fault::kEcodeEmpty:
            return "E_ECODE_EMPTY";
        case Fault::kEcodeTooLong:
            return "E_ECODE_TOO_LONG";
        case Fault::kEcodeCharacter:
            return "E_ECODE_CHARACTER";
        case Fault::kEcodeCheck:
            return "E_ECODE_CHECK";
        case Fault::kOidRoot:
            return "E_OID_ROOT";
        case Fault::kOidSecond:
            return "E_OID_SECOND_ARC";
        case Fault::kOidLeadingZero:
            return "E_OID_LEADING_ZERO";
        case Fault::kOidEmptyArc:
            return "E_OID_EMPTY_ARC";
        case Fault::kOidArc:
            return "E_OID_ARC";
        case Fault::kOidTooLarge:
            return "E_OID_ARC_TOO_LARGE";
        case Fault::kOidTooMany:
            return "E_OID_TOO_LONG";
        case Fault::kOidLabel:
            return "E_OID_LABEL";
        case Fault::kGs1Ai:
            return "E_GS1_AI";
        case Fault::kGs1KeyMissing:
            return "E_GS1_KEY_MISSING";
        case Fault::kGs1Length:
            return "E_GS1_LENGTH";
        case Fault::kGs1Characters:
            return "E_GS1_CHARACTERS";
        case Fault::kGs1CheckDigit:
            return "E_GS1_CHECK_DIGIT";
        case Fault::kGs1CheckPair:
            return "E_GS1_CHECK_PAIR";
        case Fault::kGs1Filler:
            return "E_GS1_FILLER";
        case Fault::kGs1CompanyPrefix:
            return "E_GS1_COMPANY_PREFIX";
        case Fault::kGs1Pieces:
            return "E_GS1_PIECES";
        case Fault::kGs1LeadingZero:
            return "E_GS1_LEADING_ZERO";
        case Fault::kGs1Qualifier:
            return "E_GS1_QUALIFIER";
        case Fault::kGs1Excluded:
            return "E_GS1_EXCLUDED";
        case Fault::kGs1Repeated:
            return "E_GS1_REPEATED";
        case Fault::kGs1Missing:
            return "E_GS1_MISSING";
        case Fault::kGs1Date:
            return "E_GS1_DATE";
        case Fault::kGs1Symbology:
            return "E_GS1_SYMBOLOGY";
        case Fault::kGs1ElementString:
            return "E_GS1_ELEMENT_STRING";
        case Fault::kEpcType:
            return "E_EPC_TYPE";
        case Fault::kEpcFields:
            return "E_EPC_FIELDS";
        case Fault::kEpcDigits:
            return "E_EPC_DIGITS";
        case Fault::kDidSyntax:
            return "E_DID_SYNTAX";
        case Fault::kDidMethod:
            return "E_DID_METHOD";
        case Fault::kDidCn:
            return "E_DID_CN";
        case Fault::kBidChain:
            return "E_BID_CHAIN";
        case Fault::kBidEncryption:
            return "E_BID_ENCRYPTION";
        case Fault::kBidCodec:
            return "E_BID_CODEC";
        case Fault::kBidSuffix:
            return "E_BID_SUFFIX";
        case Fault::kUriSyntax:
            return "E_URI_SYNTAX";
    }
    return "E_ID_UNRECOGNISED";
}

namespace {

/// Cut between characters of UTF-8.
std::string shown(std::string_view part) {
    if (part.size() <= limits::kPartShownMax) return std::string(part);
    std::size_t size = limits::kPartShownMax;
    while (size > 0 && (static_cast<unsigned char>(part[size]) & 0xC0U) == 0x80) --size;
    return std::string(part.substr(0, size)) + "…";
}

}  // namespace

std::string text_of(const Problem& problem) {
    std::string out(name_of(problem.fault));
    out += ": ";
    if (!problem.part.empty()) out += shown(problem.part) + ": ";
    out += problem.detail;
    return out;
}

Error error_of(const Problem& problem) {
    return {Errc::kInvalid, text_of(problem)};
}

}  // namespace idnode::schemes
