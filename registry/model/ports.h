#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "proto/handle/credential.h"
#include "proto/handle/envelope.h"
#include "proto/handle/session.h"
#include "registry/model/change.h"
#include "registry/model/identifier.h"
#include "registry/model/prefixes.h"
#include "registry/model/record.h"

/// What the rules and the lookup engine need from the outside, as interfaces: the store, time,
/// chance, cryptography. Concrete classes are named only in tools/ and tests/.
namespace idnode::model {

/// A unit of atomicity and order. The RocksDB engine has one; a distributed one has many.
using PartitionId = std::uint32_t;
/// One position for each partition, in their order.
using LogPosition = std::vector<TransactionId>;

enum class ReadTier : std::uint8_t {
    kMemory,  // never waits for the disk; may answer kNotInMemory
    kAny,     // may block on the disk: only from the storage pool or a tool
};

enum class Lookup : std::uint8_t { kFound, kNotFound, kNotInMemory };

/// A callable that is only borrowed for the duration of a call: no allocation, no ownership.
template <class Signature>
class FunctionRef;
template <class R, class... Args>
class FunctionRef<R(Args...)> {
  public:
    template <class F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>)
    FunctionRef(
        F&& f)  // NOLINT(google-explicit-constructor): so that a lambda can be passed as it is
        : object_(const_cast<void*>(static_cast<const void*>(&f))),
          call_([](void* object, Args... args) -> R {
              return (*static_cast<std::remove_reference_t<F>*>(object))(
                  std::forward<Args>(args)...);
          }) {}
    R operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

  private:
    void* object_;
    R (*call_)(void*, Args...);
};

/// What a commit did.
struct Committed {
    TransactionId first = 0;  // of its log entries; 0 when nothing changed
    TransactionId last = 0;
    std::size_t changed = 0;  // edits that changed something
};

struct StoreCounts {
    std::uint64_t records = 0;  // an estimate unless `exact`
    bool exact = false;
    std::uint64_t homed_prefixes = 0;
    std::uint64_t disk_bytes = 0;  // 0: not on disk
    LogPosition log_end;
    /// Records that a store on disk keeps in memory too.
    struct Kept {
        std::uint64_t records = 0;
        std::uint64_t bytes = 0;
        std::uint64_t bytes_max = 0;  // 0: none are kept
        std::uint64_t hits = 0;       // reads since the store was opened
        std::uint64_t misses = 0;
    };
    Kept kept;
    /// Records of which a store on disk knows where they lie in its files.
    struct Placed {
        std::uint64_t records = 0;
        std::uint64_t records_max = 0;  // 0: it knows of none
        std::uint64_t hits = 0;         // reads there since the store was opened
    };
    Placed placed;
};

/// Walks records in key order, from one consistent snapshot. Not thread-safe; must not outlive its
/// store.
class RecordCursor {
  public:
    virtual ~RecordCursor() = default;
    /// The next record, or nothing at the end. The view is valid until the next call. Blocks on the
    /// disk.
    virtual Result<std::optional<RecordView>> next() = 0;
};

/// Walks the objects of one table in key order, forwards and back, from one consistent snapshot.
/// Blocks on the disk. Not thread-safe; must not outlive its store.
class ObjectCursor {
  public:
    virtual ~ObjectCursor() = default;
    /// To the first object at or after `key`. False: there is none; so for all of these.
    virtual Result<bool> seek(std::string_view key) = 0;
    /// To the last object before `key`; of an empty key to the last of all.
    virtual Result<bool> seek_before(std::string_view key) = 0;
    /// Only while there is a current object.
    virtual Result<bool> next() = 0;
    virtual Result<bool> previous() = 0;
    /// Of the current object; valid until the cursor moves.
    virtual std::string_view key() const = 0;
    virtual BytesView value() const = 0;
};

/// New content for a whole store, gathered beside what it holds: what is there stays readable until
/// `finish` puts the new content in its place, with log entries for all that differs. Dropping it
/// unfinished leaves the store as it is. Not thread-safe; must not outlive its store.
class Replacement {
  public:
    struct Counts {
        std::uint64_t created = 0;
        std::uint64_t replaced = 0;
        std::uint64_t unchanged = 0;
        std::uint64_t removed = 0;
    };
    virtual ~Replacement() = default;
    /// `values` as `encode_record_values` makes them. Of a handle that comes twice the later one
    /// counts. May write to the disk.
    virtual Result<void> add(std::string_view handle, SuffixCase suffix_case, BytesView values) = 0;
    virtual Result<void> home(std::string_view prefix_handle, SuffixCase suffix_case) = 0;
    /// One atomic step, on stable storage when it returns; commits wait meanwhile.
    virtual Result<Counts> finish(BytesView mirror_state) = 0;
};

/// Records, homed prefixes and the change log. All functions may be called from several threads.
class RecordStore {
  public:
    virtual ~RecordStore() = default;

    /// Calls `visit` once with the record if there is one; the view is valid during that call only.
    /// `visit` must not call the store. kStorage, kDamaged: the disk or the stored bytes are
    /// broken.
    virtual Result<Lookup> read(std::string_view key, ReadTier tier,
                                FunctionRef<void(const RecordView&)> visit) const = 0;

    /// These keys are about to be read: a store that keeps records in memory has the processor
    /// fetch them, all at once, while the caller does something else. Never waits; may do nothing.
    virtual void foresee(std::span<const std::string_view> /*keys*/) const {}

    /// Records whose key begins with `key_prefix`, from after `after_key` (empty: from the first).
    virtual std::unique_ptr<RecordCursor> scan(std::string_view key_prefix,
                                               std::string_view after_key = {}) const = 0;

    /// What this store answers for, as of the last commit; see prefixes.h for how to read it
    /// cheaply.
    virtual const PrefixBoard& prefixes() const = 0;

    /// Applies all edits of one change, of records and of objects, each with its log entry, or
    /// none. Returns after the data is
    /// on stable storage; concurrent callers share the flush. Readers see the change before it
    /// returns. An edit that changes nothing (equal values but for timestamps, homing what is
    /// homed, erasing what is not there) writes nothing and has no log entry. Timestamps: a value
    /// that is new or differs gets the commit's time, an equal one keeps its own. kConflict: an
    /// expected version did not hold. kStorage: nothing may be assumed about later writes either;
    /// the store refuses them until it is opened again.
    virtual Result<Committed> commit(const Change& change) = 0;

    /// Where an identifier's commits are ordered, and whether a set can be committed together.
    virtual PartitionId partition_of(std::string_view key) const = 0;
    virtual std::size_t partition_count() const = 0;
    virtual bool is_atomic(std::span<const std::string_view> keys) const = 0;

    /// One object. Blocks on the disk.
    virtual Result<std::optional<StoredObject>> read_object(Table table,
                                                            std::string_view key) const = 0;
    /// Objects whose key begins with `key_prefix`, from after `after_key` (empty: from the first),
    /// ascending, at most `count_max`, from one consistent snapshot. Blocks on the disk.
    virtual Result<std::vector<StoredObject>> scan_objects(Table table, std::string_view key_prefix,
                                                           std::string_view after_key,
                                                           std::size_t count_max) const = 0;
    virtual std::unique_ptr<ObjectCursor> walk_objects(Table table) const = 0;
    /// The record that an entry replaced or erased; nothing when there was none. The view points
    /// into the entry.
    virtual Result<std::optional<RecordView>> before_image(const LogEntry& entry) const = 0;

    /// Entries of one partition with id > `after`, ascending, at most `count_max`.
    virtual Result<std::vector<LogEntry>> read_log(PartitionId partition, TransactionId after,
                                                   std::size_t count_max) const = 0;

    virtual Result<StoreCounts> counts() const = 0;

    /// What the last change of a mirror or a replacement said about where it stands; empty: none.
    virtual Result<Bytes> mirror_state() const = 0;
    virtual Result<std::unique_ptr<Replacement>> begin_replacement(std::string who) = 0;

    /// A copy of everything as it is now, beside the store, that can be opened as a store itself.
    /// Gives its place. kUnsupported: this store lives in memory only.
    virtual Result<std::string> back_up() = 0;
};

class Clock {
  public:
    virtual ~Clock() = default;
    virtual TimeMs now() const = 0;
};

/// Cryptographically strong random octets.
class Entropy {
  public:
    virtual ~Entropy() = default;
    virtual void fill(std::span<std::byte> out) = 0;
};

/// Digests of §3.3 and §6.3. Thread-safe.
class Digests {
  public:
    virtual ~Digests() = default;
    virtual std::array<std::byte, 16> md5(BytesView data) const = 0;
    virtual std::array<std::byte, 20> sha1(BytesView data) const = 0;
    virtual std::array<std::byte, 32> sha256(BytesView data) const = 0;
};

/// Passwords, kept so that who steals the store must spend much memory and time on each guess.
/// Thread-safe; a call takes tens of milliseconds and tens of megabytes, and waits while others
/// take them.
class Passwords {
  public:
    virtual ~Passwords() = default;
    /// What is stored: parameters, salt and hash, as text.
    virtual Result<std::string> hash(std::string_view password) const = 0;
    /// In constant time for passwords that are wrong. Text that `hash` did not make equals nothing.
    virtual bool is_password(std::string_view password, std::string_view stored) const = 0;
};

/// Secrets that must be read again, encrypted with a key of the node that does not lie in the
/// store. Thread-safe.
class Seal {
  public:
    virtual ~Seal() = default;
    /// `purpose` binds the result to what it is for: it opens with the same purpose only.
    virtual Result<Bytes> close(BytesView secret, std::string_view purpose) const = 0;
    /// kInvalid: not sealed with this key and for this purpose.
    virtual Result<Bytes> open(BytesView sealed, std::string_view purpose) const = 0;
};

/// The server's private key. Thread-safe; a signature takes about a millisecond of CPU.
class Signer {
  public:
    enum class Hash : std::uint8_t { kSha1, kSha256 };
    virtual ~Signer() = default;
    /// PKCS#1 v1.5 for RSA, DER SEQUENCE{r,s} for DSA.
    virtual Result<Bytes> sign(Hash hash, BytesView data) const = 0;
    virtual bool is_dsa() const = 0;
    /// Key encoding of §2.8, as it stands in the site record.
    virtual const Bytes& public_key() const = 0;
};

/// The server's end of a TLS connection whose octets others carry (§7.4). Used by one thread at a
/// time.
class SecureChannel {
  public:
    enum class State : std::uint8_t { kHandshake, kOpen, kEnded };
    virtual ~SecureChannel() = default;
    /// Takes octets of the peer and appends what must be answered. What the peer says inside is
    /// dropped.
    virtual State receive(BytesView octets, Bytes& to_peer) = 0;
    /// Only in the state kOpen.
    virtual void send(BytesView plain, Bytes& to_peer) = 0;
    /// Says goodbye, so that the peer can tell the end from a cut.
    virtual void end(Bytes& to_peer) = 0;
};

/// Makes them, with a certificate around the key of the site. Thread-safe; outlives what it made.
class SecureChannels {
  public:
    virtual ~SecureChannels() = default;
    virtual std::unique_ptr<SecureChannel> accept() const = 0;
};

/// Answers to challenges, §5.2. Thread-safe.
class Proofs {
  public:
    /// What was challenged: the server's nonce and the digest of the request, without algorithm
    /// octet.
    struct Challenge {
        BytesView nonce;
        BytesView digest;
        /// The handle of who answers, where industrial clients are served: then SM2 keys count, in
        /// whose signatures it is the identifier (§9.4). Empty: they do not.
        std::string_view industrial_user{};
    };
    virtual ~Proofs() = default;
    /// Whether `answer` proves knowledge of `secret`; takes the same time wherever it is wrong.
    virtual bool is_secret_answer(BytesView secret, const Challenge& challenge, BytesView answer,
                                  handle::Version request_version) const = 0;
    /// Whether `answer` was signed with the private key of `public_key` (an encoding of §2.8).
    virtual bool is_key_answer(BytesView public_key, const Challenge& challenge,
                               BytesView answer) const = 0;
};

/// Key exchange, ciphers and MACs of sessions, §5.6 to §5.8. Thread-safe.
class SessionCryptography {
  public:
    struct Exchanged {
        Bytes data;  // for the response: what §5.7 puts into `data`, without the cipher number
        Bytes key;   // the complete session key K
    };
    virtual ~SessionCryptography() = default;

    /// Mode 4: our half for a client's `DH_PUB_KEY` encoding, and the key. kInvalid: the group or
    /// the number is not sound (p of 1,024 to 4,096 bits and odd, 1 < g < p-1, 1 < y < p-1).
    virtual Result<Exchanged> diffie_hellman(BytesView client_key,
                                             handle::SessionCipher cipher) const = 0;
    /// Modes 1 and 3: a random session key, encrypted together with its cipher number (left out
    /// where `with_cipher` is false) for the holder of this RSA public key encoding.
    virtual Result<Exchanged> encrypt_new_key(BytesView public_key, handle::SessionCipher cipher,
                                              bool with_cipher) const = 0;
    /// Mode 2: what a client encrypted for this server's RSA key. kInvalid: it does not decrypt.
    virtual Result<Bytes> decrypt_with_server_key(BytesView cipher_text) const = 0;

    /// An encrypted payload (§5.8), by the session's version: with a random IV in front from 2.4
    /// on.
    virtual Result<Bytes> encrypt(handle::SessionCipher cipher, BytesView key,
                                  handle::Version session_version, BytesView plain) const = 0;
    /// kInvalid for every fault alike, in about the same time.
    virtual Result<Bytes> decrypt(handle::SessionCipher cipher, BytesView key,
                                  handle::Version session_version, BytesView payload) const = 0;

    /// The MAC of a message, constructed by its own version (§5.6).
    virtual Bytes mac(const handle::Envelope& envelope, std::uint32_t counter, BytesView key,
                      BytesView header_and_body) const = 0;
    /// By the algorithm field of the credential; only HMAC-SHA256 from 2.7 on. Constant time.
    virtual bool is_mac(const handle::Envelope& envelope, const handle::Credential& credential,
                        BytesView key, BytesView header_and_body) const = 0;
};

}  // namespace idnode::model
