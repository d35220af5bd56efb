// SPDX-License-Identifier: MIT
#include "workloads/script_lexer.h"

#include <charconv>

namespace mmulab::workload {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_word(char c) { return begins_word(c) || is_digit(c) || c == '-'; }

std::size_t length_while(const std::string& text, std::size_t from, bool (*belongs)(char)) {
  std::size_t n = 0;
  while (from + n < text.size() && belongs(text[from + n])) ++n;
  return n;
}

Token next_token(const std::string& text, std::size_t at) {
  Token token;
  token.offset = at;
  const char c = text[at];
  if (is_digit(c)) {
    token.kind = Token::Kind::number;
    token.text = text.substr(at, length_while(text, at, is_digit));
    const char* const end = token.text.data() + token.text.size();
    if (std::from_chars(token.text.data(), end, token.number).ec != std::errc{} || token.number > INT64_MAX)
      token.kind = Token::Kind::sign;
  } else if (begins_word(c)) {
    token.kind = Token::Kind::word;
    token.text = text.substr(at, length_while(text, at, continues_word));
  } else {
    token.kind = c == ';' || c == '\n' ? Token::Kind::separator : Token::Kind::sign;
    const std::size_t rest_of_code_point =
        length_while(text, at + 1, [](char b) { return (static_cast<unsigned char>(b) & 0xC0U) == 0x80; });
    token.text = text.substr(at, text.compare(at, 2, "..") == 0 ? 2 : 1 + rest_of_code_point);
  }
  return token;
}

}  // namespace

std::vector<Token> tokens_of(const ScriptText& script) {
  std::vector<Token> tokens;
  Token last;
  for (std::size_t item = 0; item < script.items().size(); ++item) {
    const std::string& text = script.items()[item].text;
    for (std::size_t at = 0; at < text.size();) {
      if (text[at] == ' ' || text[at] == '\t' || text[at] == '\r') {
        ++at;
        continue;
      }
      tokens.push_back(next_token(text, at));
      tokens.back().item = item;
      at += tokens.back().text.size();
    }
    last = Token{Token::Kind::separator, "", 0, item, text.size()};
    tokens.push_back(last);
  }
  last.kind = Token::Kind::end;
  tokens.push_back(last);
  return tokens;
}

}  // namespace mmulab::workload
