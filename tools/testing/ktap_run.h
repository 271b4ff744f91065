/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runner of the KTAP harness: one process per test, time limits, totals.
 * The second half of ktap.h, which includes it.
 */
#ifndef T1X_KTAP_RUN_H
#define T1X_KTAP_RUN_H

/* T1X_TIMEOUT_SCALE stretches every limit on slow kernels. */
static inline unsigned int ktap_scale(unsigned int seconds)
{
	const char *scale = getenv("T1X_TIMEOUT_SCALE");
	int factor = scale ? atoi(scale) : 1;

	return seconds * (factor > 0 ? factor : 1);
}

/* T1X_ROUNDS asks for more, or fewer, of what a test repeats. */
static inline int ktap_rounds(int otherwise)
{
	const char *wanted = getenv("T1X_ROUNDS");
	int rounds = wanted ? atoi(wanted) : 0;

	return rounds > 0 ? rounds : otherwise;
}

static inline double ktap_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static inline long ktap_ms_since(double begin)
{
	return (ktap_now() - begin) * 1000;
}

static inline void ktap_on_alarm(int sig)
{
	(void)sig;
	ktap_timed_out = 1;
}

/* Until the test returns or leaves by ktap_end(); was the setup completed? */
static inline bool ktap_try(const struct ktap_fixture *fx, const struct ktap_test *test, void *self,
			    const void *data)
{
	static bool is_set_up;

	if (setjmp(ktap_leave))
		return is_set_up;
	if (fx->setup)
		fx->setup(self, data);
	is_set_up = true;
	test->run(self, data);
	return true;
}

static inline void ktap_child(const struct ktap_fixture *fx, const struct ktap_variant *variant,
			      const struct ktap_test *test)
{
	const void *data = variant ? variant->data : NULL;
	void *self = calloc(1, fx->size + 1);
	bool is_set_up;

	setpgid(0, 0);
	ktap_leave_pid = getpid();
	is_set_up = ktap_try(fx, test, self, data);
	/* A teardown that fails ends the process instead of coming back here. */
	ktap_leave_pid = 0;
	if (is_set_up && fx->teardown)
		fx->teardown(self, data);
	exit(ktap->failures ? 1 : 0);
}

/* Wait for the child; 0 passed, 1 failed (and says why). */
static inline int ktap_wait(pid_t pid, unsigned int seconds)
{
	struct sigaction action = { .sa_handler = ktap_on_alarm };
	int status = 0, tries = 0;
	pid_t got;

	ktap_timed_out = 0;
	sigaction(SIGALRM, &action, NULL);
	alarm(seconds);
	got = waitpid(pid, &status, 0);
	alarm(0);
	if (got != pid) {
		printf("# timed out after %u s\n", seconds);
		kill(-pid, SIGKILL);
		while (tries++ < 50 && waitpid(pid, &status, WNOHANG) != pid)
			usleep(100000);
		if (tries > 50)
			printf("# stuck in the kernel: SIGKILL does not end it\n");
		return 1;
	}
	/* Children the test left behind go with it. */
	kill(-pid, SIGKILL);
	if (WIFSIGNALED(status)) {
		printf("# killed by signal %d (%s)\n", WTERMSIG(status),
		       strsignal(WTERMSIG(status)));
		return 1;
	}
	return WEXITSTATUS(status) != 0 || ktap->failures;
}

static inline void ktap_name(char *buf, size_t size, const struct ktap_fixture *fx,
			     const struct ktap_variant *variant, const struct ktap_test *test)
{
	snprintf(buf, size, "%s%s%s.%s", fx->name, variant ? "." : "", variant ? variant->name : "",
		 test->name);
}

struct ktap_run {
	int argc;
	char **argv;
	bool only_list;
	int number, passed, failed, skipped;
};

static inline bool ktap_wanted(const struct ktap_run *run, const char *name)
{
	int i;

	for (i = 0; i < run->argc; i++)
		if (!fnmatch(run->argv[i], name, 0))
			return true;
	return run->argc == 0;
}

/* Run a test in its process; 0 passed, 1 failed. */
static inline int ktap_attempt(const struct ktap_fixture *fx, const struct ktap_variant *variant,
			       const struct ktap_test *test)
{
	pid_t pid;

	memset(ktap, 0, sizeof(*ktap));
	pid = fork();
	if (!pid)
		ktap_child(fx, variant, test);
	return pid < 0 ? 1 : ktap_wait(pid, ktap_scale(test->seconds));
}

static inline void ktap_run_one(struct ktap_run *run, const struct ktap_fixture *fx,
				const struct ktap_variant *variant, const struct ktap_test *test)
{
	int failed, tries = KTAP_TRIES;
	double start = ktap_now();
	char name[128];

	ktap_name(name, sizeof(name), fx, variant, test);
	if (!ktap_wanted(run, name))
		return;
	run->number++;
	if (run->only_list) {
		printf("%s\n", name);
		return;
	}
	failed = ktap_attempt(fx, variant, test);
	while (!failed && ktap->late && --tries) {
		printf("# %s was late: again\n", name);
		failed = ktap_attempt(fx, variant, test);
	}
	failed |= ktap->late > 0;

	printf("%sok %d %s%s%s\n", failed ? "not " : "", run->number, name,
	       !failed && ktap->skipped ? " # SKIP " : "",
	       !failed && ktap->skipped ? ktap->reason : "");
	if (ktap_now() - start >= 1)
		printf("# %s took %.1f s\n", name, ktap_now() - start);
	run->failed += failed;
	run->skipped += !failed && ktap->skipped;
	run->passed += !failed && !ktap->skipped;
}

static inline void ktap_each(struct ktap_run *run)
{
	const struct ktap_variant *variant;
	const struct ktap_fixture *fx;
	const struct ktap_test *test;

	for (fx = ktap_fixtures; fx; fx = fx->next)
		for (test = fx->tests; test; test = test->next)
			for (variant = fx->variants;; variant = variant->next) {
				ktap_run_one(run, fx, variant, test);
				if (!variant || !variant->next)
					break;
			}
}

static inline int ktap_main(int argc, char **argv)
{
	bool only_list = argc > 1 && !strcmp(argv[1], "-l");
	struct ktap_run count = { .argc = argc - 1, .argv = argv + 1, .only_list = true };
	struct ktap_run run = { .argc = argc - 1, .argv = argv + 1 };

	/* Forked tests must not print their parent's lines once more. */
	setvbuf(stdout, NULL, _IONBF, 0);
	ktap = mmap(NULL, sizeof(*ktap), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ktap == MAP_FAILED)
		return 1;
	if (only_list) {
		count.argc--;
		count.argv++;
		ktap_each(&count);
		return 0;
	}
	printf("KTAP version 1\n");
	ktap_each(&run);
	printf("1..%d\n# totals: %d passed, %d failed, %d skipped\n", run.number, run.passed,
	       run.failed, run.skipped);
	if (run.failed)
		return 1;
	return run.passed ? 0 : KTAP_EXIT_ALL_SKIPPED;
}

#define KTAP_MAIN() int main(int argc, char **argv) { return ktap_main(argc, argv); }

#endif /* T1X_KTAP_RUN_H */
