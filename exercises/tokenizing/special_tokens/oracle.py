"""The oracle: tiktoken, given our merges as its ranks and our tokens as its special ones."""

import regex
import tiktoken


class RegexBPE:
    def __init__(self, pattern):
        self.pattern, self.special = pattern, {}

    def train(self, text, vocab_size):
        wall, merges = "\uffff", []
        coded = wall.join(m[0].encode().decode("latin-1") for m in regex.finditer(self.pattern, text))
        self.ranks = {bytes([i]): i for i in range(256)}
        spelled = [bytes([i]) for i in range(256)]
        while len(merges) + 256 < vocab_size:
            pairs = [coded[i : i + 2] for i in range(len(coded) - 1) if wall not in coded[i : i + 2]]
            if not pairs:
                break
            most = max(pairs.count(p) for p in set(pairs))
            left, right = map(ord, next(p for p in pairs if pairs.count(p) == most))
            coded = coded.replace(chr(left) + chr(right), chr(256 + len(merges)))
            spelled.append(spelled[left] + spelled[right])
            self.ranks[spelled[-1]] = 256 + len(merges)
            merges.append((left, right))
        return merges

    def register(self, tokens):
        self.special = tokens

    def encoding(self):
        names = {"name": "ours", "pat_str": self.pattern, "mergeable_ranks": self.ranks}
        return tiktoken.Encoding(**names, special_tokens=self.special)

    def encode(self, text, allowed="none_raise"):
        if allowed == "none_raise":
            return self.encoding().encode(text, disallowed_special="all")
        wanted = {"all": list(self.special), "none": []}[allowed] if isinstance(allowed, str) else allowed
        found = [(text.find(token), -len(token), token) for token in wanted if token in text]
        if not found:
            return self.encoding().encode_ordinary(text)
        at, _, token = min(found)
        rest = self.encode(text[at + len(token) :], allowed)
        return [*self.encoding().encode_ordinary(text[:at]), self.special[token], *rest]

    def decode(self, ids):
        return self.encoding().decode(ids)
