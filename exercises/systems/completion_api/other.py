"""A second honest way: a small class that is fed ids, holds back a fixed tail, and knows when it is done."""


class Writer:
    def __init__(self, engine, limit, stops):
        self.engine, self.limit = engine, limit
        self.stops = tuple(stops)
        self.tail = max((len(s) for s in stops), default=1) - 1
        self.text, self.count, self.reason = "", 0, None

    def feed(self, token):
        if token == self.engine.eos_id:
            self.reason = "stop"
            return
        self.count += 1
        self.text += self.engine.decode([token])
        places = [p for p in (self.text.find(s) for s in self.stops) if p >= 0]
        if places:
            self.text, self.reason = self.text[: min(places)], "stop"
        elif self.count >= self.limit:
            self.reason = "length"

    def settled(self):
        return self.text if self.reason else self.text[: max(0, len(self.text) - self.tail)]


class BadRequest(Exception):
    pass


def demand(truth, words):
    if not truth:
        raise BadRequest(words)


def parse(request):
    r = {"max_tokens": 16, "temperature": 1.0, "n": 1, "stop": (), **request}
    stops = (r["stop"],) if type(r["stop"]) is str else r["stop"]
    demand(type(r.get("prompt")) is str, "prompt must be a string")
    demand(type(r["max_tokens"]) is int and r["max_tokens"] > 0, "max_tokens must be a positive int")
    demand(type(r["n"]) is int and r["n"] > 0, "n must be a positive int")
    demand(type(r["temperature"]) in (int, float) and not r["temperature"] < 0, "temperature must not be negative")
    demand(type(stops) in (list, tuple), "stop must be a string or a list")
    for s in stops:
        demand(type(s) is str and len(s) > 0, "a stop string must be a string, and not empty")
    return r, stops


def handle(request, engine):
    try:
        r, stops = parse(request)
    except BadRequest as error:
        return {"error": {"type": "invalid_request", "message": str(error)}, "status": 400}
    ids = engine.encode(r["prompt"])
    writers = []
    for _ in range(r["n"]):
        writer = Writer(engine, r["max_tokens"], stops)
        tokens = iter(engine.generate(list(ids), r["temperature"]))
        while writer.reason is None:
            writer.feed(next(tokens))
        writers.append(writer)
    total = sum(w.count for w in writers)
    return {
        "status": 200,
        "choices": [{"index": i, "finish_reason": w.reason, "text": w.text} for i, w in enumerate(writers)],
        "usage": {"total_tokens": total + len(ids), "completion_tokens": total, "prompt_tokens": len(ids)},
    }


def stream(request, engine):
    r, stops = parse(request)
    writer = Writer(engine, r["max_tokens"], stops)
    tokens = engine.generate(engine.encode(r["prompt"]), r["temperature"])
    sent = ""
    while writer.reason is None:
        writer.feed(next(tokens))
        if piece := writer.settled()[len(sent) :]:
            sent += piece
            yield piece
