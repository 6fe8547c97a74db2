#include "registry/registration/check_characters.h"

#include "proto/base/text.h"

namespace idnode::registration {

namespace {

constexpr std::string_view kCharacters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Those of the first `count` characters that a text has, folded.
std::string known_characters(std::string_view text, std::size_t count) {
    std::string out;
    for (const char one : text) {
        const char folded = fold_ascii(one);
        if (kCharacters.substr(0, count).find(folded) != std::string_view::npos) out += folded;
    }
    return out;
}

unsigned value_of(char one) {
    return static_cast<unsigned>(kCharacters.find(one));
}

/// GS1 general specifications: weights 3 and 1 in turn, from the right.
std::string mod10(std::string_view digits) {
    unsigned sum = 0;
    unsigned weight = 3;
    for (auto at = digits.rbegin(); at != digits.rend(); ++at) {
        sum += value_of(*at) * weight;
        weight = 4 - weight;
    }
    return {kCharacters[(10 - sum % 10) % 10]};
}

/// ISO/IEC 7064, pure system.
std::string mod11_2(std::string_view digits) {
    unsigned sum = 0;
    for (const char one : digits) sum = (sum + value_of(one)) * 2 % 11;
    const unsigned check = (12 - sum) % 11;
    return {check == 10 ? 'X' : kCharacters[check]};
}

/// ISO/IEC 7064, hybrid system.
std::string mod37_36(std::string_view characters) {
    constexpr unsigned kModulus = 36;
    unsigned product = kModulus;
    for (const char one : characters) {
        unsigned sum = (product + value_of(one)) % kModulus;
        if (sum == 0) sum = kModulus;
        product = sum * 2 % (kModulus + 1);
    }
    return {kCharacters[(kModulus + 1 - product) % kModulus]};
}

/// CRC-16/CCITT-FALSE.
std::string crc16(std::string_view octets) {
    constexpr unsigned kPolynomial = 0x1021;
    unsigned crc = 0xFFFF;
    for (const char one : octets) {
        crc ^= static_cast<unsigned>(static_cast<unsigned char>(one)) << 8U;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc << 1U) ^ ((crc & 0x8000U) != 0 ? kPolynomial : 0U);
        }
        crc &= 0xFFFFU;
    }
    std::string out;
    for (unsigned shift = 16; shift != 0; shift -= 4) {
        out += kCharacters[(crc >> (shift - 4)) & 0xFU];
    }
    return out;
}

}  // namespace

std::optional<std::string> check_characters(v1::CheckFunction function, std::string_view text) {
    const bool is_alphanumeric = function == v1::CHECK_FUNCTION_MOD37_36;
    const std::string known = known_characters(text, is_alphanumeric ? 36 : 10);
    switch (function) {
        case v1::CHECK_FUNCTION_MOD10:
            if (!known.empty()) return mod10(known);
            break;
        case v1::CHECK_FUNCTION_MOD11_2:
            if (!known.empty()) return mod11_2(known);
            break;
        case v1::CHECK_FUNCTION_MOD37_36:
            if (!known.empty()) return mod37_36(known);
            break;
        case v1::CHECK_FUNCTION_CRC16:
            if (!text.empty()) return crc16(fold_ascii(text));
            break;
        default:
            break;
    }
    return std::nullopt;
}

}  // namespace idnode::registration
