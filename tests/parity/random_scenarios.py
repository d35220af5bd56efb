# SPDX-License-Identifier: MIT
"""Random scenarios, by number: the same number gives the same text everywhere.

They are made to be hard on the order of events: several cpus on shared pages, think times that are few and equal, so
that events of different cpus fall on the same cycle, costs that are made equal, ticks; and generators with long runs of
private accesses, so that cores do run ahead."""

MASK = (1 << 64) - 1
cycles_max = 4000000

STRATEGIES = ["ctxsw-only", "hook-pair", "per-pte", "ppc64-2.6.20", "ppc64-2.6.22", "pre-unlock-hook", "safe-deferral",
              "sparc64-2.6.22", "sparc64-2013"]
# A hash table needs a record of what to remove; these two keep none.
RECORDLESS = ["generic-2.6.22", "linux-modern"]
MACHINES = {
    "x86": ["x86-tiny", "skylake", "core2", "zen5", "icelake-sp"],
    "ppc64": ["ppc64-tiny", "ppc970", "power8"],
    "sparc64": ["sparc64-tiny", "ultrasparc-iiii", "niagara2"],
    "tagged": ["tagged-tiny", "tagged"],
}


class Random:
    """splitmix64."""

    def __init__(self, seed):
        self.state = seed * 0x632BE59BD9B4E019 & MASK

    def below(self, n):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        x = self.state
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB & MASK
        return (x ^ (x >> 31)) % n

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def pick(self, choices):
        return choices[self.below(len(choices))]

    def chance(self, percent):
        return self.below(100) < percent


class Scenario:
    """The text of one scenario."""

    def __init__(self, number):
        self.number = number
        self.random = Random(number + 1)
        self.arch = sorted(MACHINES)[number % 4]
        self.machine = self.random.pick(MACHINES[self.arch])
        self.tiny = self.machine.endswith("-tiny")
        # sparc64-tiny has two context numbers, tagged-tiny three ASIDs, and every cpu needs one.
        most = 2 if self.machine in ("sparc64-tiny", "tagged-tiny") else 4
        self.cpus = self.random.between(1 if number % 8 == 7 else 2, most)
        self.lines = []

    def text(self):
        self.write_choices()
        if self.number % 3 == self.number // 3 % 3:
            self.write_generator()
        else:
            self.write_script()
        return "\n".join(self.lines) + "\n"

    def write_choices(self):
        r = self.random
        recordless = [] if self.arch == "ppc64" else RECORDLESS
        self.lines += [
            f"# Random scenario {self.number}.",
            f'strategy = "{r.pick(STRATEGIES + recordless)}"',
            f"sim.seed = {r.below(1000)}",
            # A broken strategy may leave a store faulting for ever on an entry that nobody flushes.
            f"sim.max_cycles = {cycles_max}",
            "",
            "[machine]",
            f'preset = "{self.machine}"',
            "sockets = 1",
            f"cores = {self.cpus}",
            "threads = 1",
        ]
        if self.cpus % 2 == 0 and r.chance(25):
            self.lines[-2:] = [f"cores = {self.cpus // 2}", "threads = 2"]
        elif self.cpus % 2 == 0 and r.chance(25):
            self.lines[-3:] = ["sockets = 2", f"cores = {self.cpus // 2}", "threads = 1"]
        if r.chance(40):
            cost = r.pick([1, 2, 3, 10, 50])
            self.lines += [f"line.same_socket = {cost}", f"line.cross_socket = {cost}"]
        if r.chance(30):
            self.lines += [f"ipi.one_way = {r.pick([1, 10, 100, 5000])}", f"ipi.send = {r.pick([1, 10, 100])}"]
        if self.arch == "tagged" and r.chance(50):
            self.lines.append(f"tagged.asids = {self.cpus + 2}")
        self.lines += ["", "[kernel]", f'preset = "{r.pick(["2.6.20", "2.6.22", "modern"])}"']
        if self.arch == "tagged":
            self.lines.append(f'tagged.invalidation = "{r.pick(["broadcast", "ipi"])}"')
        if r.chance(40):
            self.lines.append(f"tick_cycles = {r.pick([5000, 20000, 50000, 100000])}")
        if r.chance(30):
            self.lines.append(f"preempt = {r.pick(['true', 'false'])}")
        if r.chance(20):
            self.lines.append(f"zap_block_ptes = {r.pick([1, 4, 8, 1024])}")

    # ---------------------------------------------------------------------------------------------- generators

    def write_generator(self):
        r = self.random
        kind = r.pick(["unmap", "fork", "mprotect", "mixed"])
        pages = r.between(1, 4) if self.tiny else r.between(1, 48)
        threads = r.between(1, min(self.cpus, 2 if self.tiny else 4))
        bystanders = r.between(0, 2)
        self.lines += [
            "",
            "[workload]",
            f'kind = "{kind}"',
            f"rounds = {r.between(1, 3)}",
            f"pages = {pages}",
            f"threads = {threads}",
            f"bystanders = {bystanders}",
            f"think_cycles_max = {r.pick([0, 1, 3, 100, 5000])}",
            f'pattern = "{r.pick(["sequential", "uniform", "zipf", "zipf", "chase"])}"',
            f"visits = {r.pick([0, 50, 400, 3000])}",
            f"touches_per_page = {r.pick([1, 1, 2, 8, 64])}",
            f"store_percent = {r.pick([0, 10, 50, 100])}",
            f"warmup_rounds = {r.below(2) if threads + bystanders <= self.cpus else 0}",
        ]
        if r.chance(50):
            self.lines.append(f"zipf_exponent = {r.pick([500, 1000, 1500, 2000])}")
        if r.chance(40):
            self.lines.append(f"call_pages = [{r.between(1, pages)}]")
        if r.chance(30) and pages > 1:
            self.lines.append("straddle = true")

    # ---------------------------------------------------------------------------------------------- scripts

    def write_script(self):
        r = self.random
        self.lines += ["", "[workload]", 'kind = "script"', f"think_cycles_max = {r.pick([1, 2, 5, 40, 800])}"]
        self.regions = []
        for n in range(r.between(1, 3)):
            self.write_region(f"r{n}")
        tasks = r.between(2, 3 if self.tiny else 5)
        # Who waits at a barrier spins: a cpu for each, and the same number of rounds.
        meets = r.chance(40) and self.cpus > 1
        child = "c0" if r.chance(25) else None
        for n in range(min(tasks, self.cpus) if meets else tasks):
            opening = ["barrier start"] if meets else []
            opening += [f"fork {child}"] if child and n == 0 else []
            rounds = 2 if child else 6 if meets else r.between(1, 12)
            cpu = n if meets else r.below(self.cpus)
            self.write_task(f"t{n}", cpu, opening, rounds, warms_up=meets and r.chance(50))
        if child:
            self.write_task(child, r.below(self.cpus), [], None)

    def write_region(self, name):
        r = self.random
        pages = r.between(1, 3 if self.tiny else 24)
        kind = r.pick(["anonymous", "anonymous", "file_shared", "file_private"])
        self.regions.append((name, kind, pages))
        self.lines += ["", "[[workload.region]]", f'name = "{name}"', f'kind = "{kind}"', f"pages = {pages}"]
        if pages > 1 and r.chance(30):
            self.lines.append("straddle = true")

    def write_task(self, name, cpu, opening, rounds, warms_up=False):
        r = self.random
        operations = opening + [self.operation() for _ in range(r.between(2, 7))]
        self.lines += ["", "[[workload.task]]", f'name = "{name}"', f"cpu = {cpu}"]
        if rounds is not None:
            self.lines.append(f"rounds = {rounds}")
        if warms_up:
            self.lines.append(f'warmup = ["load {self.regions[0][0]}"]')
        self.lines.append("ops = [" + ", ".join(f'"{op}"' for op in operations) + "]")

    def operation(self):
        r = self.random
        name, kind, pages = r.pick(self.regions)
        if r.chance(30):
            return r.pick(["think", "think 1", "think 3", "delay 10", "delay 10", "delay 100", "think 400", "yield"])
        first = r.below(pages)
        spot = r.pick([name, f"{name}[{first}]", f"{name}[{first}..{r.between(first, pages - 1)}]"])
        if r.chance(60):
            pattern = r.pick(["zipf", "uniform", "sequential"])
            visits, touches = r.pick([5, 30, 300]), r.pick([1, 2, 8])
            return r.pick([f"load {spot}", f"store {spot}", f"load {name}", f"touch {spot}",
                           f"access {name} {visits} {pattern} {r.pick([0, 20, 100])}% x {touches}"])
        calls = [f"dontneed {spot}", f"dontneed {spot}", f"mprotect {spot} {r.pick(['r', 'rw'])}",
                 f"mprotect {name} rw", f"munmap {spot}", f"gup {spot}"]
        if kind == "anonymous":
            calls.append(f"zero_read {spot}")
            moves = ["madv_free", "discard", "reclaim_anon", "migrate", "migrate_vma", "protnone", "clear_refs"]
            calls += [f"{call} {spot}" for call in moves] + [f"ksm_merge {name}+0 {name}+{first}"]
        if kind.startswith("file"):
            calls.append(f"unmap_mapping {spot}")
        return r.pick(calls)


def text_of(number):
    """The scenario of that number, as TOML."""
    return Scenario(number).text()
