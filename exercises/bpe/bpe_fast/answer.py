"""The reference: a linked list of ids, and for every pair the set of places where it stands."""


def train_bpe_fast(data, vocab_size):
    ids = list(data.encode("utf-8"))
    end = len(ids)
    left, right = list(range(-1, end)), list(range(1, end + 2))  # neighbors of each place
    places = {}  # pair -> where its left half stands

    def put(i):
        """Note the pair that begins at place i, if there is one."""
        if i >= 0 and right[i] < end:
            places.setdefault((ids[i], ids[right[i]]), set()).add(i)

    def take(i):
        """Forget the pair that begins at place i, if there is one."""
        if i >= 0 and right[i] < end:
            pair = (ids[i], ids[right[i]])
            places[pair].discard(i)
            if not places[pair]:
                del places[pair]

    for i in range(end):
        put(i)
    merges = []
    for new in range(256, vocab_size):
        if not places:
            break
        most = max(map(len, places.values()))
        best = min((pair for pair in places if len(places[pair]) == most), key=lambda pair: min(places[pair]))
        for i in sorted(places[best]):
            if i not in places.get(best, ()):
                continue  # a run: the merge before has used this id
            for j in (left[i], i, right[i]):
                take(j)
            ids[i] = new
            right[i] = right[right[i]]
            left[right[i]] = i
            for j in (left[i], i):
                put(j)
        merges.append(best)
    return merges
