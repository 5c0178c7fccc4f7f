#include "content/packing.hpp"

#include "base/handle.hpp"

#include <array>
#include <lzma.h>
#include <vector>
#include <zstd.h>

namespace holdfast::content {

namespace {

constexpr std::size_t step = 128UL * 1024;  // bytes of output at a time

class Through final : public Stream {
public:
    explicit Through(Sink sink) : sink_(std::move(sink)) {}
    Result<> add(std::string_view bytes) override { return sink_(bytes); }
    Result<> end() override { return {}; }

private:
    Sink sink_;
};

std::unexpected<Error> zstd_failed(std::size_t result) {
    return fail(Code::Corrupt, std::string("zstd: ") + ZSTD_getErrorName(result));
}

class ZstdPacker final : public Stream {
public:
    explicit ZstdPacker(Sink sink) : sink_(std::move(sink)), out_(step) {
        for (const auto& [what, value] : {std::pair{ZSTD_c_compressionLevel, 12},
                                          {ZSTD_c_windowLog, 21},
                                          {ZSTD_c_hashLog, 21},
                                          {ZSTD_c_chainLog, 21},
                                          {ZSTD_c_checksumFlag, 1}})
            ZSTD_CCtx_setParameter(context_.get(), what, value);
    }
    // What comes out depends on how it goes in, so that is always the same: whole steps, and the rest at the end.
    Result<> add(std::string_view bytes) override {
        while (!bytes.empty()) {
            const auto part = bytes.substr(0, step - waiting_.size());
            waiting_ += part;
            bytes.remove_prefix(part.size());
            if (waiting_.size() < step) continue;
            auto done = work(ZSTD_e_continue);
            waiting_.clear();
            if (!done) return done;
        }
        return {};
    }
    Result<> end() override { return work(ZSTD_e_end); }

private:
    Result<> work(ZSTD_EndDirective how) {
        ZSTD_inBuffer in{waiting_.data(), waiting_.size(), 0};
        for (;;) {
            ZSTD_outBuffer out{out_.data(), out_.size(), 0};
            const std::size_t left = ZSTD_compressStream2(context_.get(), &out, &in, how);
            if (ZSTD_isError(left)) return zstd_failed(left);
            if (auto taken = sink_({out_.data(), out.pos}); !taken) return taken;
            if (how == ZSTD_e_end ? left == 0 : in.pos == in.size) return {};
        }
    }

    Sink sink_;
    Handle<ZSTD_CCtx, ZSTD_freeCCtx> context_{ZSTD_createCCtx()};
    std::string waiting_;
    std::vector<char> out_;
};

class ZstdUnpacker final : public Stream {
public:
    explicit ZstdUnpacker(Sink sink) : sink_(std::move(sink)), out_(step) {
        ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, 23);
    }
    Result<> add(std::string_view bytes) override {
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        while (in.pos < in.size) {
            if (whole_) return fail(Code::Corrupt, "zstd: bytes behind the end");
            ZSTD_outBuffer out{out_.data(), out_.size(), 0};
            const std::size_t left = ZSTD_decompressStream(context_.get(), &out, &in);
            if (ZSTD_isError(left)) return zstd_failed(left);
            if (auto taken = sink_({out_.data(), out.pos}); !taken) return taken;
            whole_ = left == 0;
        }
        return flush();
    }
    Result<> end() override {
        if (whole_) return {};
        return fail(Code::Corrupt, "zstd: ends too early");
    }

private:
    // What the decoder still holds once its input is used up.
    Result<> flush() {
        while (!whole_) {
            ZSTD_inBuffer none{nullptr, 0, 0};
            ZSTD_outBuffer out{out_.data(), out_.size(), 0};
            const std::size_t left = ZSTD_decompressStream(context_.get(), &out, &none);
            if (ZSTD_isError(left)) return zstd_failed(left);
            if (auto taken = sink_({out_.data(), out.pos}); !taken) return taken;
            whole_ = left == 0;
            if (out.pos < out.size) return {};
        }
        return {};
    }

    Sink sink_;
    Handle<ZSTD_DCtx, ZSTD_freeDCtx> context_{ZSTD_createDCtx()};
    std::vector<char> out_;
    bool whole_ = false;
};

constexpr std::uint64_t unpacking_memory = 24UL << 20U;

class Xz final : public Stream {
public:
    enum class Way { Pack, Unpack };

    Xz(Way way, Sink sink) : sink_(std::move(sink)), out_(step) {
        begun_ = way == Way::Pack ? begin_packing() : lzma_stream_decoder(&stream_, unpacking_memory, 0);
    }
    Xz(const Xz&) = delete;
    Xz& operator=(const Xz&) = delete;
    ~Xz() override { lzma_end(&stream_); }

    Result<> add(std::string_view bytes) override { return work(bytes, LZMA_RUN); }
    Result<> end() override { return work({}, LZMA_FINISH); }

private:
    lzma_ret begin_packing() {
        lzma_lzma_preset(&options_, LZMA_PRESET_DEFAULT);
        options_.dict_size = 1U << 20U;
        filters_ = {{{LZMA_FILTER_LZMA2, &options_}, {LZMA_VLI_UNKNOWN, nullptr}}};
        lzma_mt many{};
        // xz uses its encoder for several threads even with one; blocks then carry their sizes.
        many.threads = 1;
        many.filters = filters_.data();
        many.check = LZMA_CHECK_CRC32;
        return lzma_stream_encoder_mt(&stream_, &many);
    }
    Result<> work(std::string_view bytes, lzma_action action) {
        if (begun_ != LZMA_OK) return fail(Code::Bug, "xz: cannot begin (" + std::to_string(begun_) + ")");
        stream_.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
        stream_.avail_in = bytes.size();
        while (stream_.avail_in > 0 || action == LZMA_FINISH) {
            if (ended_ && stream_.avail_in > 0) return fail(Code::Corrupt, "xz: bytes behind the end");
            if (ended_) return {};
            stream_.next_out = reinterpret_cast<std::uint8_t*>(out_.data());
            stream_.avail_out = out_.size();
            const lzma_ret result = lzma_code(&stream_, action);
            if (auto taken = sink_({out_.data(), out_.size() - stream_.avail_out}); !taken) return taken;
            ended_ = result == LZMA_STREAM_END;
            if (result == LZMA_BUF_ERROR) return fail(Code::Corrupt, "xz: ends too early");
            if (result != LZMA_OK && !ended_) return fail(Code::Corrupt, "xz: error " + std::to_string(result));
        }
        return {};
    }

    Sink sink_;
    lzma_stream stream_ = LZMA_STREAM_INIT;
    lzma_options_lzma options_{};
    std::array<lzma_filter, 2> filters_{};
    std::vector<char> out_;
    lzma_ret begun_;
    bool ended_ = false;
};

Result<std::string> gather(const std::function<std::unique_ptr<Stream>(Sink)>& make, std::string_view bytes,
                           std::size_t limit) {
    std::string all;
    const auto stream = make([&](std::string_view part) -> Result<> {
        if (all.size() + part.size() > limit)
            return fail(Code::Corrupt, "unpacks to more than " + std::to_string(limit) + " bytes");
        all += part;
        return {};
    });
    TRY(stream->add(bytes));
    TRY(stream->end());
    return all;
}

}  // namespace

std::string packers() {
    return std::string("zstd ") + ZSTD_versionString() + ", xz " + lzma_version_string();
}

std::unique_ptr<Stream> packer(Packing packing, Sink sink) {
    switch (packing) {
        case Packing::Zstd: return std::make_unique<ZstdPacker>(std::move(sink));
        case Packing::Xz: return std::make_unique<Xz>(Xz::Way::Pack, std::move(sink));
        case Packing::None: break;
    }
    return std::make_unique<Through>(std::move(sink));
}

std::unique_ptr<Stream> unpacker(Packing packing, Sink sink) {
    switch (packing) {
        case Packing::Zstd: return std::make_unique<ZstdUnpacker>(std::move(sink));
        case Packing::Xz: return std::make_unique<Xz>(Xz::Way::Unpack, std::move(sink));
        case Packing::None: break;
    }
    return std::make_unique<Through>(std::move(sink));
}

Result<std::string> pack(Packing packing, std::string_view bytes) {
    return gather([&](Sink sink) { return packer(packing, std::move(sink)); }, bytes, SIZE_MAX);
}

Result<std::string> unpack(Packing packing, std::string_view bytes, std::size_t limit) {
    return gather([&](Sink sink) { return unpacker(packing, std::move(sink)); }, bytes, limit);
}

}  // namespace holdfast::content
