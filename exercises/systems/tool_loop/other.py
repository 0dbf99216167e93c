"""A second honest way: match statements, a counter that runs down, the entries written by a helper."""


def run(model_step, tools, prompt, max_calls):
    entries = []

    def note(role, content):
        entries.append(dict(role=role, content=content))

    note("user", prompt)
    left = max_calls
    while True:
        match model_step(list(entries)):
            case {"stop": _}:
                break
            case {"text": words}:
                note("assistant", words)
            case {"tool": name, "args": args} as request:
                note("assistant", request)
                left -= 1
                if left < 0:
                    note("tool", "error, the limit is reached")
                    break
                try:
                    result = tools[name](**args)
                    note("tool", f"{result}" if isinstance(result, str) else str(result))
                except Exception as problem:
                    note("tool", f"error in {name}: {type(problem).__name__}")
    return entries
