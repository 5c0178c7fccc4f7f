// Whether a text is a URL to a browser.
#pragma once

#include <string_view>

namespace holdfast::catalog {

// As `new URL(text)` of ECMAScript takes it: an absolute one (WHATWG URL Standard, section 4.4, basic URL parser with
// no base). Letters of a host beyond ASCII are taken as they are.
bool is_url(std::string_view text);

}  // namespace holdfast::catalog
