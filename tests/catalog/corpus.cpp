#include "catalog/corpus.hpp"

#include <array>

namespace holdfast::catalog {

namespace {

using Pointer = Json::json_pointer;

constexpr auto entities = R"([
{"apiVersion": "backstage.io/v1alpha1", "kind": "Component",
 "metadata": {"name": "pump-controller", "namespace": "north", "title": "Pump", "description": "", "uid": "1", "etag": "2",
  "labels": {"ward": "icu-3", "holdfast.example/floor": "2"}, "annotations": {"backstage.io/techdocs-ref": "dir:."},
  "tags": ["c++", "real-time"],
  "links": [{"url": "https://pump.example/", "title": "Manual", "icon": "docs", "type": "manual"}]},
 "spec": {"type": "service", "lifecycle": "production", "owner": "group:default/pumps", "system": "infusion",
  "subcomponentOf": "infusion-suite", "providesApis": ["pump-api"], "consumesApis": [], "dependsOn": ["resource:pump-7"],
  "dependencyOf": ["component:alarm"], "anything": {"else": [1, null]}}},
{"apiVersion": "backstage.io/v1beta1", "kind": "API", "metadata": {"name": "pump-api"},
 "spec": {"type": "grpc", "lifecycle": "production", "owner": "pumps", "system": "infusion", "definition": "syntax"}},
{"apiVersion": "backstage.io/v1alpha1", "kind": "Resource", "metadata": {"name": "pump-7"},
 "spec": {"type": "device", "owner": "pumps", "dependsOn": [], "dependencyOf": [], "system": "infusion"}},
{"apiVersion": "backstage.io/v1alpha1", "kind": "System", "metadata": {"name": "infusion"},
 "spec": {"owner": "pumps", "domain": "care", "type": "product"}},
{"apiVersion": "backstage.io/v1alpha1", "kind": "Domain", "metadata": {"name": "care"},
 "spec": {"owner": "board", "subdomainOf": "clinic", "type": "area"}},
{"apiVersion": "backstage.io/v1alpha1", "kind": "Group", "metadata": {"name": "pumps"},
 "spec": {"type": "team", "profile": {"displayName": "Pumps", "email": "pumps@clinic.example", "picture": "p.png"},
  "parent": "board", "children": [], "members": ["ada"]}},
{"apiVersion": "backstage.io/v1alpha1", "kind": "User", "metadata": {"name": "ada"},
 "spec": {"profile": {"displayName": "Ada", "email": "ada@clinic.example", "picture": "a.png"}, "memberOf": ["pumps"]}},
{"apiVersion": "backstage.io/v1alpha1", "kind": "Location", "metadata": {"name": "here"},
 "spec": {"type": "file", "target": "./catalog-info.yaml", "targets": ["./a.yaml"], "presence": "optional"}},
{"apiVersion": "scaffolder.backstage.io/v1beta3", "kind": "Template", "metadata": {"name": "new-service"},
 "spec": {"type": "service", "owner": "pumps", "lifecycle": "production",
  "parameters": [{"title": "Name", "when": true, "backstage:permissions": {"tags": ["a"]}}],
  "secrets": {"schema": {}}, "presentation": {"buttonLabels": {"backButtonText": "b", "createButtonText": "c",
  "reviewButtonText": "r"}}, "EXPERIMENTAL_recovery": {"EXPERIMENTAL_strategy": "none"},
  "formDecorators": [{"id": "a", "input": {}}], "EXPERIMENTAL_formDecorators": [{"id": "a", "input": {}}],
  "steps": [{"id": "fetch", "name": "Fetch", "action": "fetch:template", "input": {}, "if": "${{ true }}",
   "backstage:permissions": {"tags": ["a"]}}],
  "output": {"links": [{"if": true, "url": "u", "entityRef": "e", "title": "t", "icon": "i"}],
   "text": [{"if": "x", "title": "t", "icon": "i", "content": "c"}], "other": "word"}}}
])";

const std::vector<Json> values{nullptr,
                               5,
                               1.5,
                               true,
                               "",
                               " ",
                               "a",
                               "A b",
                               {},
                               Json::array(),
                               Json{{"a", "b"}},
                               Json::array({"a"}),
                               Json::array({""}),
                               Json::array({5}),
                               Json::array({Json::object()}),
                               Json::array({Json{{"action", "a"}}}),
                               Json::array({Json{{"url", "https://a.example"}}})};

const std::vector<std::string> names{"a",
                                     "A",
                                     "0",
                                     "a-b",
                                     "a_b",
                                     "a.b",
                                     "a..b",
                                     "a--b",
                                     "-a",
                                     "a-",
                                     ".a",
                                     "a.",
                                     "_a",
                                     "a_",
                                     "a b",
                                     "a/b",
                                     "a:b",
                                     "ä",
                                     "a\n",
                                     "a+b",
                                     "c++",
                                     "c#",
                                     "a-+",
                                     "+",
                                     "#",
                                     "a#-b",
                                     "A-B",
                                     "a--",
                                     std::string(63, 'a'),
                                     std::string(64, 'a'),
                                     std::string(31, 'a') + "." + std::string(31, 'b'),
                                     "a.example/b",
                                     "a.example/",
                                     "/b",
                                     "a.example/b/c",
                                     "A.example/b",
                                     "a-.example/b",
                                     "a..example/b",
                                     std::string(63, 'a') + "/b",
                                     std::string(64, 'a') + "/b",
                                     "a--b.example/b",
                                     "a/B_c.d"};

const std::vector<std::string> urls{"https://a.example",
                                    "http://a",
                                    "HTTP://A",
                                    "https:a.example",
                                    "https:/a",
                                    "https:///a",
                                    "https://",
                                    "http:///",
                                    "//a",
                                    "a.example",
                                    "a.example:80",
                                    "/a",
                                    "",
                                    " ",
                                    "\thttps://a\n",
                                    "ht\ntp://a",
                                    "h ttp://a",
                                    "1http://a",
                                    "a+b-c.d:e",
                                    "+a:b",
                                    "mailto:ada@clinic.example",
                                    "urn:x",
                                    "x:",
                                    "x://",
                                    "x:///a",
                                    "x://a b",
                                    "x://a:80",
                                    "x://a:b",
                                    "x://:80",
                                    "x://a@",
                                    "x://u@a",
                                    "javascript:1",
                                    "data:,a",
                                    "file:",
                                    "file://",
                                    "file:///a",
                                    "file://a b/c",
                                    "file://c:/a",
                                    "file:c:/a",
                                    "https://a b",
                                    "https://a/b c",
                                    "https://a?b c",
                                    "https://a#b c",
                                    "https://u:p@a",
                                    "https://@a",
                                    "https://u@",
                                    "https://:80",
                                    "https://a:",
                                    "https://a:0",
                                    "https://a:65535",
                                    "https://a:65536",
                                    "https://a:080",
                                    "https://a:8a",
                                    "https://a:-1",
                                    "https://[::1]",
                                    "https://[::1]:80",
                                    "https://[::g]",
                                    "https://[::1",
                                    "https://::1",
                                    "https://[1.2.3.4]",
                                    "https://[::1.2.3.4]",
                                    "https://1.2.3.4",
                                    "https://1.2.3",
                                    "https://1.2.3.4.5",
                                    "https://256.1.1.1",
                                    "https://1.2.3.256",
                                    "https://4294967295",
                                    "https://4294967296",
                                    "https://0x7f.1",
                                    "https://0xg",
                                    "https://08",
                                    "https://07",
                                    "https://a.1",
                                    "https://1.a",
                                    "https://1.",
                                    "https://a.",
                                    "https://.",
                                    "https://a..b",
                                    "https://-a",
                                    "https://a_b",
                                    "https://a%41",
                                    "https://a%",
                                    "https://a%20b",
                                    "https://a%2fb",
                                    "https://a<b",
                                    "https://a|b",
                                    "https://a^b",
                                    "https://a\\b",
                                    "https:\\\\a",
                                    "https://ä.example",
                                    "wss://a",
                                    "ftp://",
                                    "https://a\x7f"};

void put(std::vector<Json>& all, const Json& from, const Pointer& place, const Json& value) {
    all.push_back(from);
    all.back()[place] = value;
}

// With that place as everything that it could be, and as nothing.
void vary(std::vector<Json>& all, const Json& from, const Pointer& place) {
    for (const auto& each : values) put(all, from, place, each);
    all.push_back(from);
    Json& above = all.back()[place.parent_pointer()];
    if (above.is_object())
        above.erase(place.back());
    else
        above.erase(std::stoul(place.back()));
}

void vary_all(std::vector<Json>& all, const Json& from, const Json& at, const Pointer& place) {
    if (!place.empty()) vary(all, from, place);
    if (at.is_object())
        for (const auto& [key, value] : at.items()) vary_all(all, from, value, place / key);
    if (at.is_array())
        for (std::size_t i = 0; i < at.size(); ++i) vary_all(all, from, at[i], place / i);
}

}  // namespace

std::vector<Json> good_documents() {
    return Json::parse(entities).get<std::vector<Json>>();
}

std::vector<Json> corpus() {
    auto all = good_documents();
    const Json first = all.front();
    for (const auto& each : good_documents()) vary_all(all, each, each, Pointer());
    for (const auto& each : names) {
        for (const auto* place : {"/apiVersion", "/kind", "/metadata/name", "/metadata/namespace",
                                  "/metadata/labels/ward", "/metadata/tags/0"})
            put(all, first, Pointer(place), each);
        put(all, first, Pointer("/metadata/labels") / each, "a");
        put(all, first, Pointer("/metadata/annotations") / each, "a");
    }
    for (const auto& each : urls) put(all, first, Pointer("/metadata/links/0/url"), each);
    for (const auto* each : {"\u00a0", "\u2003\u3000", "\ufeff", "\u200b", "\u0085", "\t \v"})
        put(all, first, Pointer("/metadata/links/0/title"), each);
    for (const auto* kind : {"component", "Components", "Widget", "constructor"})
        put(all, first, Pointer("/kind"), kind);
    for (const auto* version :
         {"backstage.io/v1alpha2", "backstage.io/v1beta2", "v1", "scaffolder.backstage.io/v1beta3"})
        put(all, first, Pointer("/apiVersion"), version);
    for (const auto* root : {"relations", "status", "other"}) put(all, first, Pointer("/") / root, Json::object());
    for (const auto& each : values) all.push_back(each);
    return all;
}

}  // namespace holdfast::catalog
