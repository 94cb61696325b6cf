"""The findings of a campaign."""

import shlex


class Tally:
    def __init__(self, names):
        self.rounds = dict.fromkeys(names, 0)
        # (fault, seed, what is wrong)
        self.problems = []

    def add(self, name, seed, problems):
        self.rounds[name] += 1
        self.problems += [(name, seed, problem) for problem in problems]

    def line(self, name, seed, problems):
        return f"{name:<24} seed {seed:<8} " + ("; ".join(problems) or "ok")

    def table(self):
        lines = [f"{'FAULT':<24} {'ROUNDS':>6} {'PROBLEMS':>9}"]
        for name, rounds in self.rounds.items():
            found = sum(1 for problem in self.problems if problem[0] == name)
            lines.append(f"{name:<24} {rounds:>6} {found:>9}")
        lines.append(f"{'all':<24} {sum(self.rounds.values()):>6} {len(self.problems):>9}")
        for name, seed, problem in self.problems:
            seed, number = seed.rsplit("/", 1)
            lines.append(f"{name}, round {number} of --seed {shlex.quote(seed)}: {problem}")
        return "\n".join(lines)

    def document(self):
        return {
            "rounds": self.rounds,
            "problems": [{"fault": name, "seed": seed, "problem": problem} for name, seed, problem in self.problems],
        }
