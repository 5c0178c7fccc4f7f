#include "content/packing.hpp"

#include "base/handle.hpp"

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
    // With its size known, small files take small tables: thousands of them in seconds.
    ZstdPacker(std::uint64_t plain, Sink sink) : sink_(std::move(sink)), out_(step) {
        for (const auto& [what, value] : {std::pair{ZSTD_c_compressionLevel, 12},
                                          {ZSTD_c_windowLog, 21},
                                          {ZSTD_c_hashLog, 21},
                                          {ZSTD_c_chainLog, 20},
                                          {ZSTD_c_checksumFlag, 1}})
            ZSTD_CCtx_setParameter(context_.get(), what, value);
        ZSTD_CCtx_setPledgedSrcSize(context_.get(), plain);
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
    return std::string("zstd ") + ZSTD_versionString();
}

std::unique_ptr<Stream> packer(Packing packing, std::uint64_t plain, Sink sink) {
    if (packing == Packing::Zstd) return std::make_unique<ZstdPacker>(plain, std::move(sink));
    return std::make_unique<Through>(std::move(sink));
}

std::unique_ptr<Stream> unpacker(Packing packing, Sink sink) {
    if (packing == Packing::Zstd) return std::make_unique<ZstdUnpacker>(std::move(sink));
    return std::make_unique<Through>(std::move(sink));
}

Result<std::string> pack(Packing packing, std::string_view bytes) {
    return gather([&](Sink sink) { return packer(packing, bytes.size(), std::move(sink)); }, bytes, SIZE_MAX);
}

Result<std::string> unpack(Packing packing, std::string_view bytes, std::size_t limit) {
    return gather([&](Sink sink) { return unpacker(packing, std::move(sink)); }, bytes, limit);
}

}  // namespace holdfast::content
