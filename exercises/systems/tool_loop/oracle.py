"""The oracle: as a recursion, one entry at a time, on immutable pieces."""


def run(model_step, tools, prompt, max_calls):
    def go(past, left):
        said = dict(model_step([dict(entry) for entry in past]))
        if said.get("stop"):
            return past
        if "text" in said:
            return go((*past, {"role": "assistant", "content": said["text"]}), left)
        past = (*past, {"role": "assistant", "content": said})
        if not left:
            return (*past, {"role": "tool", "content": "error: too many"})
        return go((*past, {"role": "tool", "content": answer(said)}), left - 1)

    def answer(said):
        function = tools.get(said["tool"])
        if function is None:
            return "error: unknown"
        try:
            result = function(**said["args"])
        except Exception:
            return "error: it failed"
        return result if type(result) is str else str(result)

    return list(go(({"role": "user", "content": prompt},), max_calls))
