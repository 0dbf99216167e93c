"""The reference: three pieces a message, and labels that are born beside their ids."""

IGNORED = -100


def render(messages, tok, max_len=None):
    ids, labels = [], []
    for message in messages:
        header = [tok.special[f"<|{message['role']}|>"]]
        said = [*tok.encode(message["content"]), tok.special["<|end|>"]]
        learned = message["role"] == "assistant"
        ids += header + said
        labels += [IGNORED] * len(header) + (said if learned else [IGNORED] * len(said))
    if max_len is not None:
        ids, labels = ids[-max_len:], labels[-max_len:]
    return ids, labels
