// What names look like, as in Kubernetes and DNS, with Backstage's own differences (@backstage/catalog-model,
// CommonValidatorFunctions and KubernetesValidatorFunctions).
#pragma once

#include <string_view>

namespace holdfast::catalog {

// [A-Za-z0-9], and -_. between those; 63 at most.
bool is_name(std::string_view word);
// [a-z0-9], and hyphens between those; 63 at most.
bool is_label(std::string_view word);
// A name, and perhaps a domain and a slash before it.
bool is_prefixed_name(std::string_view word);
// [a-z0-9:+#], and single hyphens between those; 63 at most.
bool is_tag(std::string_view word);
// Nothing but what ECMAScript's trim() takes away.
bool is_blank(std::string_view word);

}  // namespace holdfast::catalog
