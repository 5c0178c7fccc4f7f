#include "nats/client.hpp"

#include <algorithm>
#include <nats/nats.h>
#include <optional>

namespace holdfast::nats {

namespace {

using Connection = Handle<natsConnection, natsConnection_Destroy>;
using Context = Handle<jsCtx, jsCtx_Destroy>;
using Options = Handle<natsOptions, natsOptions_Destroy>;
// A letter is acknowledged by way of the subscription that it came by.
using Subscription = std::shared_ptr<natsSubscription>;
using Message = Handle<natsMsg, natsMsg_Destroy>;
using Info = Handle<jsStreamInfo, jsStreamInfo_Destroy>;
using Ack = Handle<jsPubAck, jsPubAck_Destroy>;

constexpr std::int64_t patience = 5000;  // milliseconds for an answer of the server
constexpr int most_letters = 256;

// Errors of streams (JetStream API error codes, nats-server's errors.json).
constexpr jsErrCode no_such_stream = JSStreamNotFoundErr;

Code code_of(natsStatus status, jsErrCode detail) {
    switch (status) {
        case NATS_NO_SERVER:
        case NATS_CONNECTION_CLOSED:
        case NATS_CONNECTION_DISCONNECTED:
        case NATS_STALE_CONNECTION:
        case NATS_TIMEOUT:
        case NATS_NO_RESPONDERS:
        case NATS_IO_ERROR: return Code::Offline;
        case NATS_CONNECTION_AUTH_FAILED:
        case NATS_NOT_PERMITTED: return Code::Denied;
        default: break;
    }
    // 10077: a limit of the stream; 10023, 10047: the server has no room.
    if (detail == JSStreamStoreFailedErr || detail == JSInsufficientResourcesErr ||
        detail == JSStorageResourcesExceededErr || detail == JSMemoryResourcesExceededErr)
        return Code::NoSpace;
    return detail == no_such_stream ? Code::NotFound : Code::Corrupt;
}

std::unexpected<Error> failed(natsStatus status, const std::string& what,
                              jsErrCode detail = static_cast<jsErrCode>(0)) {
    const char* words = nats_GetLastError(nullptr);
    return fail(code_of(status, detail),
                what + ": " + (words && *words ? std::string(words) : std::string(natsStatus_GetText(status))));
}

// A stream's configuration, whose texts are those of what was asked for.
class Config {
public:
    explicit Config(const Stream& wanted) {
        jsStreamConfig_Init(&config);
        config.Name = wanted.name.c_str();
        for (const auto& each : wanted.subjects) subjects_.push_back(each.c_str());
        config.Subjects = subjects_.data();
        config.SubjectsLen = static_cast<int>(subjects_.size());
        config.Storage = js_FileStorage;
        config.Retention = js_LimitsPolicy;
        config.Discard = wanted.full == Full::RefuseNew ? js_DiscardNew : js_DiscardOld;
        config.MaxBytes = wanted.bytes;
        if (wanted.per_subject > 0) config.MaxMsgsPerSubject = wanted.per_subject;
        config.Replicas = 1;
        sources_.resize(wanted.sources.size());
        outside_.resize(sources_.size());
        for (const auto& each : wanted.sources) prefixes_.push_back("$JS." + each.domain + ".API");
        for (std::size_t i = 0; i < sources_.size(); ++i) {
            jsStreamSource_Init(&sources_[i]);
            jsExternalStream_Init(&outside_[i]);
            sources_[i].Name = wanted.sources[i].stream.c_str();
            // Not its Domain, which nats.c 3.10 passes on where a stream is made, and forgets where one is changed.
            outside_[i].APIPrefix = prefixes_[i].c_str();
            sources_[i].External = &outside_[i];
            if (!wanted.sources[i].filter.empty()) sources_[i].FilterSubject = wanted.sources[i].filter.c_str();
            pointers_.push_back(&sources_[i]);
        }
        config.Sources = pointers_.data();
        config.SourcesLen = static_cast<int>(pointers_.size());
    }
    Config(const Config&) = delete;
    jsStreamConfig config{};

private:
    std::vector<const char*> subjects_;
    std::vector<std::string> prefixes_;
    std::vector<jsExternalStream> outside_;
    std::vector<jsStreamSource> sources_;
    std::vector<jsStreamSource*> pointers_;
};

}  // namespace

struct Letter::State {
    Subscription subscription;
    Message message;
};

Letter::Letter(std::unique_ptr<State> state) : state_(std::move(state)) {}
Letter::Letter(Letter&&) noexcept = default;
Letter& Letter::operator=(Letter&&) noexcept = default;
Letter::~Letter() = default;

Result<> Letter::done() {
    jsErrCode detail{};
    const auto status = natsMsg_AckSync(state_->message.get(), nullptr, &detail);
    if (status != NATS_OK) return failed(status, "acknowledging a letter", detail);
    return {};
}

struct Client::State {
    std::string url;
    Connection connection;
    Context context;
};

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::connect(const Login& login) {
    natsOptions* raw_options = nullptr;
    if (natsOptions_Create(&raw_options) != NATS_OK) return fail(Code::Bug, "no memory");
    const Options options(raw_options);
    natsOptions_SetURL(options.get(), login.url.c_str());
    if (!login.user.empty()) natsOptions_SetUserInfo(options.get(), login.user.c_str(), login.password.c_str());
    natsOptions_SetTimeout(options.get(), patience);
    natsOptions_SetAllowReconnect(options.get(), false);
    natsOptions_SetName(options.get(), "holdfast");
    auto state = std::make_unique<State>();
    state->url = login.url;
    natsConnection* raw = nullptr;
    if (const auto status = natsConnection_Connect(&raw, options.get()); status != NATS_OK)
        return failed(status, login.url);
    state->connection.reset(raw);
    jsOptions js;
    jsOptions_Init(&js);
    js.Wait = patience;
    jsCtx* context = nullptr;
    if (const auto status = natsConnection_JetStream(&context, raw, &js); status != NATS_OK)
        return failed(status, login.url);
    state->context.reset(context);
    return Client(std::move(state));
}

Result<> Client::need(const Stream& stream) {
    Config wanted(stream);
    jsErrCode detail{};
    jsStreamInfo* info = nullptr;
    auto status = js_GetStreamInfo(&info, state_->context.get(), stream.name.c_str(), nullptr, &detail);
    const Info before(info);
    info = nullptr;
    if (status == NATS_NOT_FOUND)
        status = js_AddStream(&info, state_->context.get(), &wanted.config, nullptr, &detail);
    else if (status == NATS_OK)
        status = js_UpdateStream(&info, state_->context.get(), &wanted.config, nullptr, &detail);
    const Info after(info);
    if (status != NATS_OK) return failed(status, state_->url + ": stream " + stream.name, detail);
    return {};
}

Result<std::uint64_t> Client::put(const std::string& subject, std::string_view bytes) {
    jsErrCode detail{};
    jsPubAck* raw = nullptr;
    const auto status = js_Publish(&raw, state_->context.get(), subject.c_str(), bytes.data(),
                                   static_cast<int>(bytes.size()), nullptr, &detail);
    const Ack ack(raw);
    if (status != NATS_OK) return failed(status, state_->url + ": a letter to " + subject, detail);
    return ack->Sequence;
}

Result<std::vector<Letter>> Client::take(const std::string& stream, const std::string& reader, int most,
                                         std::chrono::milliseconds wait) {
    jsErrCode detail{};
    jsConsumerConfig config;
    jsConsumerConfig_Init(&config);
    config.Durable = reader.c_str();
    config.AckPolicy = js_AckExplicit;
    // A letter that was taken by somebody who was killed comes again soon.
    config.AckWait = 30LL * 1'000'000'000;
    jsConsumerInfo* info = nullptr;
    auto status = js_AddConsumer(&info, state_->context.get(), stream.c_str(), &config, nullptr, &detail);
    jsConsumerInfo_Destroy(info);
    if (status != NATS_OK) return failed(status, state_->url + ": reading " + stream, detail);
    jsSubOptions options;
    jsSubOptions_Init(&options);
    options.Stream = stream.c_str();
    options.Consumer = reader.c_str();
    natsSubscription* raw = nullptr;
    status = js_PullSubscribe(&raw, state_->context.get(), nullptr, nullptr, nullptr, &options, &detail);
    const Subscription subscription(raw, natsSubscription_Destroy);
    if (status != NATS_OK) return failed(status, state_->url + ": reading " + stream, detail);
    natsMsgList list{};
    status = natsSubscription_Fetch(&list, raw, std::min(most, most_letters), wait.count(), &detail);
    if (status == NATS_TIMEOUT) return std::vector<Letter>();
    if (status != NATS_OK) return failed(status, state_->url + ": reading " + stream, detail);
    std::vector<Letter> letters;
    for (int i = 0; i < list.Count; ++i) {
        Letter letter(std::make_unique<Letter::State>(subscription, Message(std::exchange(list.Msgs[i], nullptr))));
        natsMsg* message = letter.state_->message.get();
        letter.subject = natsMsg_GetSubject(message);
        letter.bytes.assign(natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message)));
        jsMsgMetaData* about = nullptr;
        if (natsMsg_GetMetaData(&about, message) == NATS_OK) letter.sequence = about->Sequence.Stream;
        jsMsgMetaData_Destroy(about);
        letters.push_back(std::move(letter));
    }
    natsMsgList_Destroy(&list);
    return letters;
}

Result<> Client::drop(const std::string& stream, std::uint64_t sequence) {
    jsErrCode detail{};
    jsOptions options;
    jsOptions_Init(&options);
    options.Stream.Purge.Sequence = sequence + 1;
    const auto status = js_PurgeStream(state_->context.get(), stream.c_str(), &options, &detail);
    if (status != NATS_OK) return failed(status, state_->url + ": stream " + stream, detail);
    return {};
}

Result<Depth> Client::depth(const std::string& stream) {
    jsErrCode detail{};
    jsStreamInfo* raw = nullptr;
    const auto status = js_GetStreamInfo(&raw, state_->context.get(), stream.c_str(), nullptr, &detail);
    const Info info(raw);
    if (status == NATS_NOT_FOUND) return Depth{};
    if (status != NATS_OK) return failed(status, state_->url + ": stream " + stream, detail);
    return Depth{info->State.Msgs, info->State.Bytes, info->State.LastSeq};
}

}  // namespace holdfast::nats
