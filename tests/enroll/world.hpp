// A box and an authority that knows its release, each in a folder of its own.
#pragma once

#include "base/file.hpp"
#include "enroll/node.hpp"
#include "small_hub.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast {

inline constexpr std::int64_t now = 1'790'000'000;

struct World {
    Scratch scratch = Scratch::make("node").value();
    MeasuredBox box;
    enroll::Node node{scratch.path() / "box"};
    std::string notice;

    World() { make_hub(scratch.path() / "hub", now); }
    hub::Authority hub() const { return good(hub::Authority::open(scratch.path() / "hub")); }
    std::string request() {
        auto tpm = box.tpm.open();
        return good(node.request(tpm, box.wish, notice));
    }
    std::string admit(const std::string& request) const {
        const auto admission = good(hub().admit(request, {.name = "Ada"}, now));
        BOOST_REQUIRE(!admission.answer.empty());
        return admission.answer;
    }
    Result<enroll::Identity> import(const std::string& answer, const std::string& authority) {
        auto tpm = box.tpm.open();
        return node.import(tpm, answer, authority);
    }
    std::filesystem::path kept(const std::string& name) const {
        return scratch.path() / "box/var/lib/holdfast/identity" / name;
    }
};

}  // namespace holdfast
