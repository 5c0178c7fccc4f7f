#include "base/http.hpp"

#include "base/handle.hpp"
#include "base/http_head.hpp"
#include "base/openssl.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <curl/curl.h>
#include <limits>
#include <new>
#include <openssl/ssl.h>
#include <stdexcept>

namespace holdfast::http {

namespace {

constexpr int redirects = 5;
constexpr std::size_t url_limit = 8192;
constexpr std::uint64_t largest_piece = 64UL * 1024;
// The body of a redirect is read and dropped, so that the connection can be used again.
constexpr std::size_t redirect_body_limit = 64UL * 1024;

using Easy = Handle<CURL, curl_easy_cleanup>;
using Url = Handle<CURLU, curl_url_cleanup>;
using List = Handle<curl_slist, curl_slist_free_all>;

// Fails only where libcurl was built without what we need: a bug, not an input.
template <class T>
void set(CURL* easy, CURLoption option, T value) {
    if (curl_easy_setopt(easy, option, value) != CURLE_OK)
        throw std::runtime_error("libcurl lacks option " + std::to_string(option));
}

std::string part_of(CURLU* url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
    const Handle<char, curl_free> owned(text);
    return text;
}

bool is_web(const std::string& scheme) {
    return scheme == "http" || scheme == "https";
}

Result<> check(const Request& request) {
    const Url url(curl_url());
    constexpr unsigned any_scheme = CURLU_NON_SUPPORT_SCHEME;
    if (request.url.size() > url_limit ||
        curl_url_set(url.get(), CURLUPART_URL, request.url.c_str(), any_scheme) != CURLUE_OK)
        return fail(Code::Denied, "what is to be fetched is no URL; write https://HOST/FILE");
    if (const auto scheme = part_of(url.get(), CURLUPART_SCHEME); !is_web(scheme))
        return fail(Code::Denied, shown(request.url) + ": '" + scheme + "' is not fetched; write https://HOST/FILE");
    if (request.to && *request.to <= request.from) return fail(Code::Bug, shown(request.url) + ": asked for no bytes");
    if (!request.if_range.empty() && !is_strong_etag(request.if_range))
        return fail(Code::Bug, shown(request.url) + ": If-Range takes a strong ETag with its quotes");
    if (!request.root_fingerprint.empty() && request.root_fingerprint.size() < fingerprint_digits)
        return fail(Code::Denied, "a fingerprint has 16 digits at least");
    return {};
}

// Where a redirect of `from` leads to, which may be given relative to it.
Result<std::string> follow(const std::string& from, const std::string& location) {
    const Url url(curl_url());
    curl_url_set(url.get(), CURLUPART_URL, from.c_str(), 0);
    const bool secure = part_of(url.get(), CURLUPART_SCHEME) == "https";
    if (curl_url_set(url.get(), CURLUPART_URL, location.c_str(), CURLU_URLENCODE) != CURLUE_OK)
        return fail(Code::Denied, "the server sends us on to something that is not the address of a file");
    const std::string scheme = part_of(url.get(), CURLUPART_SCHEME);
    if (!is_web(scheme)) return fail(Code::Denied, "the server sends us on to '" + scheme + "', which is not fetched");
    if (secure && scheme != "https")
        return fail(Code::Denied, "the server sends us on from https to http, which is not followed");
    return part_of(url.get(), CURLUPART_URL);
}

// A line of a head, and not two (RFC 9110, section 5.1 and 5.5). What it says may be secret.
bool is_field(std::string_view line) {
    constexpr std::string_view in_names = "!#$%&'*+-.^_`|~";
    const auto colon = line.find(':');
    const auto of_name = [&](unsigned char c) {
        return std::isalnum(c) != 0 || in_names.contains(static_cast<char>(c));
    };
    const auto of_value = [](unsigned char c) { return c == '\t' || (c >= ' ' && c != 0x7F); };
    return colon != std::string_view::npos && colon > 0 && std::ranges::all_of(line.substr(0, colon), of_name) &&
           std::ranges::all_of(line.substr(colon + 1), of_value);
}

Result<List> fields_of(const Request& request) {
    const std::string what = "Content-Type: " + request.content_type;
    if (!is_field(what)) return fail(Code::Denied, "what is sent has no type that could be told");
    List list(curl_slist_append(nullptr, what.c_str()));
    for (const auto& each : request.fields) {
        if (!is_field(each)) return fail(Code::Denied, "a line of the head has to be NAME: VALUE");
        curl_slist_append(list.get(), each.c_str());
    }
    return list;
}

Code code_of(CURLcode error) {
    switch (error) {
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_INVALIDCERTSTATUS: return Code::Denied;
        case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9: the schemes are checked before
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_BAD_CONTENT_ENCODING:
        case CURLE_TOO_LARGE: return Code::Corrupt;
        case CURLE_FAILED_INIT:
        case CURLE_OUT_OF_MEMORY:
        case CURLE_BAD_FUNCTION_ARGUMENT:
        case CURLE_UNKNOWN_OPTION: return Code::Bug;
        // A TLS handshake that broke off is among these: bad links and portals that answer in plain text do that.
        default: return Code::Offline;
    }
}

// One exchange: what was asked, and what has come so far.
class Transfer {
public:
    Transfer(const Request& request, const Sink& sink) : request_(request), sink_(sink) {}

    // libcurl's callbacks; any return but all of the bytes ends the exchange.
    static std::size_t on_line(char* bytes, std::size_t, std::size_t count, void* self) noexcept {
        return static_cast<Transfer*>(self)->line({bytes, count}) ? count : 0;
    }
    static std::size_t on_piece(char* bytes, std::size_t, std::size_t count, void* self) noexcept {
        return static_cast<Transfer*>(self)->piece({bytes, count}) ? count : CURL_WRITEFUNC_ERROR;
    }
    static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
        return static_cast<Transfer*>(self)->request_.stop.stop_requested() ? 1 : 0;
    }

    bool redirected() const { return reader_.whole() && is_redirect(reader_.answer()); }
    const std::string& location() const { return reader_.answer().location; }
    // What all came to, given how libcurl ended and its words.
    Result<Head> finish(CURLcode ended, const std::string& words);
    bool ended_by_sink() const { return ended_by_sink_; }

private:
    bool line(std::string_view line);
    bool piece(std::span<const char> bytes);
    bool refuse(Error error) {
        refused_ = std::move(error);
        return false;
    }

    const Request& request_;
    const Sink& sink_;
    HeadReader reader_;
    Head head_;
    std::uint64_t got_ = 0;
    std::optional<Error> refused_;  // our own reason to end it
    bool ended_by_sink_ = false;
};

bool Transfer::line(std::string_view line) {
    if (auto added = reader_.add(line); !added) return refuse(std::move(added).error());
    if (!reader_.whole() || redirected() || head_.status != 0) return true;
    auto head = judge(reader_.answer(), request_);
    if (!head) return refuse(std::move(head).error());
    head_ = std::move(*head);
    return true;
}

bool Transfer::piece(std::span<const char> bytes) {
    if (request_.stop.stop_requested()) return refuse({Code::Busy, "stopped"});
    got_ += bytes.size();
    if (redirected()) return got_ <= redirect_body_limit;
    if (got_ > head_.length.value_or(got_))
        return refuse({Code::Offline,
                       "the server sends more than the " + std::to_string(*head_.length) + " bytes that it announced"});
    if (auto taken = sink_(head_, bytes); !taken) {
        ended_by_sink_ = true;
        return refuse(std::move(taken).error());
    }
    return true;
}

Result<Head> Transfer::finish(CURLcode ended, const std::string& words) {
    if (refused_) return std::unexpected(*refused_);
    const std::string so_far = got_ > 0 ? "after " + std::to_string(got_) + " bytes: " : "";
    if (ended == CURLE_ABORTED_BY_CALLBACK) return fail(Code::Busy, "stopped");
    if (ended != CURLE_OK) return fail(code_of(ended), so_far + valid_utf8(words));
    if (head_.status == 0) return fail(Code::Offline, "the server hangs up before it has answered");
    if (got_ < head_.length.value_or(got_)) return fail(Code::Offline, so_far + "the server sends no more");
    return head_;
}

// ---- trust in one root ---------------------------------------------------------------------------------------------

struct Root {
    std::string named;  // its fingerprint, or the first digits of it
    std::string other;  // the whole one of who answered instead
};

// OpenSSL asks here instead of verifying by itself: the server's chain ends with the root that was named, and holds.
int leads_to_root(X509_STORE_CTX* context, void* wanted) {
    auto& expected = *static_cast<Root*>(wanted);
    const auto* sent = X509_STORE_CTX_get0_untrusted(context);
    const int count = sent ? sk_X509_num(sent) : 0;
    auto* root = count > 0 ? sk_X509_value(sent, count - 1) : nullptr;
    const auto fingerprint = root ? key_fingerprint(root) : "";
    if (!root || !fingerprint.starts_with(expected.named)) {
        expected.other = fingerprint;
        X509_STORE_CTX_set_error(context, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
        return 0;
    }
    auto* roots = sk_X509_new_null();
    sk_X509_push(roots, root);
    X509_STORE_CTX_set0_trusted_stack(context, roots);
    const int good = X509_verify_cert(context);
    sk_X509_free(roots);
    return good;
}

CURLcode trust_one_root(CURL*, void* tls, void* root) {
    SSL_CTX_set_cert_verify_callback(static_cast<SSL_CTX*>(tls), leads_to_root, root);
    return CURLE_OK;
}

// ---- messages ------------------------------------------------------------------------------------------------------

struct Inbox {
    std::string body;
    std::size_t limit = 0;
    static std::size_t on_piece(char* bytes, std::size_t, std::size_t count, void* self) noexcept {
        auto& inbox = *static_cast<Inbox*>(self);
        if (count > inbox.limit - inbox.body.size()) return CURL_WRITEFUNC_ERROR;
        inbox.body.append(bytes, count);
        return count;
    }
};

// libcurl wants this once, before the first use by any thread.
void init_once() {
    static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (done != CURLE_OK) throw std::runtime_error("libcurl does not start");
}

}  // namespace

std::string shown(const std::string& text) {
    if (!text.contains("://")) return text;
    const Url url(curl_url());
    if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) return "the URL";
    for (const CURLUPart secret : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT})
        curl_url_set(url.get(), secret, nullptr, 0);
    return part_of(url.get(), CURLUPART_URL);
}

struct Client::State {
    std::array<char, CURL_ERROR_SIZE> words{};
    Easy easy{curl_easy_init()};
    std::optional<std::chrono::seconds> retry_after;
    Root root;

    void prepare(const Request& request, const std::string& url);
    void limit(const Request& request);
    std::string said(CURLcode ended) const;
    List ask(const Request& request) const;
    Result<Head> exchange(Transfer& transfer, const Request& request, const std::string& url);
};

// What holds for every exchange; a reset keeps the connections. No redirect is followed by libcurl, which would allow
// http to https to http.
void Client::State::prepare(const Request& request, const std::string& url) {
    curl_easy_reset(easy.get());
    set(easy.get(), CURLOPT_URL, url.c_str());
    set(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy.get(), CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    set(easy.get(), CURLOPT_USERAGENT, "holdfast/" HOLDFAST_VERSION);
    set(easy.get(), CURLOPT_HTTP_CONTENT_DECODING, 0L);
    set(easy.get(), CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);  // a proxy's are not the server's
    set(easy.get(), CURLOPT_NOSIGNAL, 1L);                  // there are threads
    set(easy.get(), CURLOPT_QUICK_EXIT, 1L);  // else a name server that is silent outlasts every time limit and stop
    words.front() = '\0';
    set(easy.get(), CURLOPT_ERRORBUFFER, words.data());
    root = {.named = request.root_fingerprint, .other = {}};
    if (!root.named.empty()) {
        set(easy.get(), CURLOPT_SSL_CTX_FUNCTION, &trust_one_root);
        set(easy.get(), CURLOPT_SSL_CTX_DATA, &root);
        return;
    }
    if (request.ca_file.empty()) return;
    set(easy.get(), CURLOPT_CAINFO, request.ca_file.c_str());
    set(easy.get(), CURLOPT_CAPATH, static_cast<char*>(nullptr));  // the system's, which is looked at as well
}

void Client::State::limit(const Request& request) {
    constexpr std::uint64_t most = std::numeric_limits<curl_off_t>::max();
    const auto rate = std::min(request.bytes_per_second, most);
    set(easy.get(), CURLOPT_MAX_RECV_SPEED_LARGE, static_cast<curl_off_t>(rate));
    // Pieces of a second at most: a slow transfer must not look like one that stalls.
    const auto piece = rate == 0 ? largest_piece : std::clamp<std::uint64_t>(rate, 1024, largest_piece);
    set(easy.get(), CURLOPT_BUFFERSIZE, static_cast<long>(piece));
    set(easy.get(), CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(request.slowest));
    set(easy.get(), CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall.count()));
    set(easy.get(), CURLOPT_CONNECTTIMEOUT, static_cast<long>(request.connect_timeout.count()));
}

// How it ended, in libcurl's words, but for what those do not know.
std::string Client::State::said(CURLcode ended) const {
    if (!root.other.empty())
        return "the authority that answers there has the fingerprint " + root.other +
               ", which is not the one that was named, " + root.named +
               ": that was mistyped or is of another authority, or somebody stands in between; compare both with what "
               "a person at the authority reads";
    return words.front() != '\0' ? words.data() : curl_easy_strerror(ended);
}

List Client::State::ask(const Request& request) const {
    List list(curl_slist_append(nullptr, "Accept-Encoding: identity"));
    if (request.from == 0 && !request.to) return list;
    const std::string last = request.to ? std::to_string(*request.to - 1) : "";
    set(easy.get(), CURLOPT_RANGE, (std::to_string(request.from) + "-" + last).c_str());
    if (!request.if_range.empty()) curl_slist_append(list.get(), ("If-Range: " + request.if_range).c_str());
    return list;
}

Result<Head> Client::State::exchange(Transfer& transfer, const Request& request, const std::string& url) {
    prepare(request, url);
    limit(request);
    const List fields = ask(request);
    set(easy.get(), CURLOPT_HTTPHEADER, fields.get());
    set(easy.get(), CURLOPT_HEADERFUNCTION, &Transfer::on_line);
    set(easy.get(), CURLOPT_HEADERDATA, &transfer);
    set(easy.get(), CURLOPT_WRITEFUNCTION, &Transfer::on_piece);
    set(easy.get(), CURLOPT_WRITEDATA, &transfer);
    set(easy.get(), CURLOPT_NOPROGRESS, 0L);
    set(easy.get(), CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
    set(easy.get(), CURLOPT_XFERINFODATA, &transfer);
    const CURLcode ended = curl_easy_perform(easy.get());
    curl_off_t wait = 0;
    if (curl_easy_getinfo(easy.get(), CURLINFO_RETRY_AFTER, &wait) == CURLE_OK && wait > 0)
        retry_after = std::chrono::seconds(wait);
    return transfer.finish(ended, said(ended));
}

Client::Client() {
    init_once();
    state_ = std::make_unique<State>();
    if (!state_->easy) throw std::bad_alloc();
}
Client::Client(Client&&) noexcept = default;
Client::~Client() = default;

Result<Head> Client::fetch(const Request& request, const Sink& sink) {
    state_->retry_after.reset();
    std::string url = request.url;
    TRY(check(request));
    for (int hop = 0; hop <= redirects; ++hop) {
        if (request.stop.stop_requested()) return fail(Code::Busy, shown(url) + ": stopped");
        Transfer transfer(request, sink);
        auto done = state_->exchange(transfer, request, url);
        if (transfer.ended_by_sink()) return done;
        if (!transfer.redirected()) return in(shown(url), std::move(done));
        url = TRY(in(shown(url), follow(url, transfer.location())));
    }
    return fail(Code::Denied, shown(request.url) + ": more than " + std::to_string(redirects) + " redirects");
}

Result<std::string> Client::fetch_whole(const Request& request, std::size_t limit) {
    if (request.from != 0 || request.to) return fail(Code::Bug, "a whole file has no range");
    const std::string too_large = shown(request.url) + ": larger than " + std::to_string(limit) + " bytes, refused";
    std::string bytes;
    TRY(fetch(request, [&](const Head& head, std::span<const char> piece) -> Result<> {
        if (head.total.value_or(0) > limit || piece.size() > limit - bytes.size())
            return fail(Code::Corrupt, too_large);
        bytes.append(piece.begin(), piece.end());
        return {};
    }));
    return bytes;
}

Result<Answered> Client::post(const Request& request, std::string_view body, std::size_t limit) {
    TRY(check(request));
    const List fields = TRY(fields_of(request));
    auto* easy = state_->easy.get();
    state_->prepare(request, request.url);
    state_->limit(request);
    Inbox inbox{.body = {}, .limit = limit};
    set(easy, CURLOPT_HTTPHEADER, fields.get());
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDS, body.data());
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    set(easy, CURLOPT_WRITEFUNCTION, &Inbox::on_piece);
    set(easy, CURLOPT_WRITEDATA, &inbox);
    const CURLcode ended = curl_easy_perform(easy);
    if (ended == CURLE_WRITE_ERROR)
        return fail(Code::Corrupt,
                    shown(request.url) + ": an answer of more than " + std::to_string(limit) + " bytes, refused");
    if (ended != CURLE_OK) return fail(code_of(ended), shown(request.url) + ": " + valid_utf8(state_->said(ended)));
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return Answered{static_cast<int>(status), std::move(inbox.body)};
}

std::optional<std::chrono::seconds> Client::retry_after() const {
    return state_->retry_after;
}

}  // namespace holdfast::http
