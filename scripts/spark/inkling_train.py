"""Trains a model on a cluster: Spark drives, inkling-train does the work.

    spark-submit scripts/spark/inkling_train.py INPUT... --output MODEL

Three stages, each of tasks that run the native program: count (a part of the files each, into a run), merge (a range of all
n-grams each), estimate (one task). No token passes through Python or Java: the stages hand each other the names of files.
INPUT, MODEL and --work are folders that every worker reaches by the same path. A task that is lost is run again, by Spark's
own rules; what it wrote is put in place whole or not at all, so that a second run of it changes nothing. The model is the
same, byte for byte, as that which inkling-train makes of the folders on one machine.

See docs/scale.md.
"""

import argparse
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

LONGEST_MESSAGE = 2000
PR_SET_PDEATHSIG = 1


def die_with_parent():
    """An executor that is killed takes the programs along that it has started."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run_program(command):
    """Runs a command of inkling-train on a worker, and gives the seconds that it took."""
    start = time.monotonic()
    prepare = die_with_parent if sys.platform == "linux" else None
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, preexec_fn=prepare)
    if result.returncode:
        message = result.stderr.decode(errors="replace")[-LONGEST_MESSAGE:]
        raise RuntimeError(f"{' '.join(command)}: ended with {result.returncode}: {message}")
    return time.monotonic() - start


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="folders and files that every worker can read")
    parser.add_argument("--output", required=True, help="the model directory")
    parser.add_argument("--work", help="where runs go meanwhile; every worker can write there (default: MODEL.runs)")
    parser.add_argument("--parts", type=int, help="how many parts the files are cut into (default: three a core)")
    parser.add_argument("--ranges", type=int, help="how many ranges the n-grams are cut into (default: one a core)")
    parser.add_argument("--memory", default="1G", help="what each task may use, as inkling-train takes it")
    parser.add_argument("--program", default="inkling-train", help="inkling-train on the workers")
    parser.add_argument("--count", default="", metavar="OPTIONS", help="more options for inkling-train count")
    parser.add_argument("--estimate", default="", metavar="OPTIONS", help="more options for inkling-train estimate")
    parser.add_argument("--keep-runs", action="store_true", help="leave the runs in --work")
    return parser.parse_args()


class Training:
    """The commands of each stage."""

    def __init__(self, arguments, cores):
        self.program = shutil.which(arguments.program) or arguments.program
        self.inputs = [os.path.abspath(path) for path in arguments.inputs]
        self.output = os.path.abspath(arguments.output)
        self.work = pathlib.Path(os.path.abspath(arguments.work or arguments.output.rstrip("/") + ".runs"))
        self.memory = ["--memory", arguments.memory]
        self.part_count = arguments.parts or 3 * cores
        self.range_count = arguments.ranges or cores
        self.count_options = arguments.count.split()
        self.estimate_options = arguments.estimate.split()

    @property
    def parts(self):
        return [str(self.work / f"part-{number}.run") for number in range(1, self.part_count + 1)]

    @property
    def ranges(self):
        return [str(self.work / f"range-{number}.run") for number in range(1, self.range_count + 1)]

    def count(self):
        return [
            [self.program, "count", *self.inputs, "--shard", f"{number}/{self.part_count}", "--output", run]
            + ["--model", self.output, *self.memory, *self.count_options]
            for number, run in enumerate(self.parts, 1)
        ]

    def merge(self):
        return [
            [self.program, "merge", *self.parts, "--range", f"{number}/{self.range_count}", "--output", run]
            + self.memory
            for number, run in enumerate(self.ranges, 1)
        ]

    def estimate(self):
        return [
            [self.program, "estimate", *self.ranges, "--output", self.output, *self.memory, *self.estimate_options]
        ]


def run_stage(spark, name, commands):
    """Runs the commands of a stage as tasks, and says how it went."""
    spark.sparkContext.setJobDescription(f"inkling-train {name}: {len(commands)} tasks")
    start = time.monotonic()
    seconds = spark.sparkContext.parallelize(commands, len(commands)).map(run_program).collect()
    wall = time.monotonic() - start
    print(f"{name}: {len(commands)} tasks, {wall:.1f} s; the longest {max(seconds):.1f} s", flush=True)
    return seconds


def advise(spark, counted, cores):
    """What would make the next time faster."""
    longest, mean = max(counted), sum(counted) / len(counted)
    if longest > 2 * mean and len(counted) <= cores:
        print(f"a part took {longest / mean:.1f} times the mean: more, smaller parts would (--parts {4 * cores})")
    if len(counted) < cores:
        print(f"{cores - len(counted)} of {cores} cores had nothing to count: --parts {3 * cores} would give them some")


def main():
    arguments = parse_arguments()
    # Here: spark-submit brings it, and workers that only run commands need not have it twice.
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.appName("inkling-train").getOrCreate()
    cores = max(1, spark.sparkContext.defaultParallelism)
    training = Training(arguments, cores)
    training.work.mkdir(parents=True, exist_ok=True)
    print(f"{len(training.parts)} parts, {len(training.ranges)} ranges, {cores} cores, {arguments.memory} a task", flush=True)
    try:
        counted = run_stage(spark, "count", training.count())
        run_stage(spark, "merge", training.merge())
        if not arguments.keep_runs:
            for run in training.parts:
                os.unlink(run)
        run_stage(spark, "estimate", training.estimate())
        advise(spark, counted, cores)
    finally:
        spark.stop()
    if not arguments.keep_runs:
        shutil.rmtree(training.work, ignore_errors=True)


if __name__ == "__main__":
    main()
