"""The oracle: the shortest prefix of the ids at which anything ends them, found by trying all of them."""


def asked(request):
    stop = request.get("stop", [])
    return [stop] if isinstance(stop, str) else stop


def good(request):
    try:
        assert isinstance(request["prompt"], str)
        assert all(isinstance(s, str) and len(s) for s in asked(request)) and isinstance(asked(request), list)
        assert all(isinstance(request.get(k, 1), int) and request.get(k, 1) > 0 for k in ("n", "max_tokens"))
        assert not isinstance(request.get("temperature", 1), str) and request.get("temperature", 1) >= 0
    except (AssertionError, KeyError, TypeError):
        return False
    return True


def one(request, engine, ids):
    new, tokens = [], engine.generate(ids, request.get("temperature", 1.0))
    while len(new) < request.get("max_tokens", 16):
        token = next(tokens)
        if token == engine.eos_id:
            return engine.decode(new), len(new), "stop"
        new.append(token)
        text = engine.decode(new)
        for place in range(len(text)):
            if any(text.startswith(s, place) for s in asked(request)):
                return text[:place], len(new), "stop"
    return engine.decode(new), len(new), "length"


def handle(request, engine):
    if not good(request):
        return {"status": 400, "error": {"message": "a bad request"}}
    ids = engine.encode(request["prompt"])
    found = [one(request, engine, ids) for _ in range(request.get("n", 1))]
    made = sum(count for _, count, _ in found)
    return {
        "status": 200,
        "choices": [{"index": i, "text": t, "finish_reason": r} for i, (t, _, r) in enumerate(found)],
        "usage": {"prompt_tokens": len(ids), "completion_tokens": made, "total_tokens": len(ids) + made},
    }


def stream(request, engine):
    text, new = "", []
    stops = asked(request)
    tokens = engine.generate(engine.encode(request["prompt"]), request.get("temperature", 1.0))
    while True:
        token = next(tokens)
        new += [token] if token != engine.eos_id else []
        whole = engine.decode(new)
        places = [whole.find(s) for s in stops if s in whole]
        over = token == engine.eos_id or bool(places) or len(new) == request.get("max_tokens", 16)
        end = min(places, default=len(whole))
        while not over and any(s.startswith(whole[at:]) for s in stops for at in range(end)):
            if not any(s.startswith(whole[at:]) for s in stops for at in range(end)):
                break
            end = min(at for at in range(end) if any(s.startswith(whole[at:]) for s in stops))
            break
        if end > len(text):
            yield whole[len(text) : end]
            text = whole[:end]
        if over:
            return
