# SPDX-License-Identifier: GPL-2.0-only
#
# The work of tools/bench/report.  Variables: form, gates (file name).

function read_gates(	line, word) {
	while ((getline line < gates) > 0) {
		if (line ~ /^#/ || split(line, word) < 2)
			continue
		gate[word[1]] = word[2]
	}
	close(gates)
}

function gate_of(id) {
	return (id in gate) ? gate[id] : gate["*"]
}

# Sorts the samples of one result on one backend; the middle one.
function median(id, backend,	n, i, j, value, sorted) {
	n = count[id, backend]
	for (i = 1; i <= n; i++) {
		value = sample[id, backend, i]
		for (j = i - 1; j > 0 && sorted[j] > value; j--)
			sorted[j + 1] = sorted[j]
		sorted[j + 1] = value
	}
	return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
}

function scaled(ns, id) {
	return ns / (unit[id] == "ms" ? 1000000 : 1000)
}

# Three significant digits or so.
function number(value) {
	return sprintf(value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value)
}

function result_of(id) {
	return substr(id, index(id, "/") + 1)
}

function samples_of(id, backend,	i, list) {
	for (i = 1; i <= count[id, backend]; i++)
		list = list (i > 1 ? "," : "") sprintf("%.0f", sample[id, backend, i])
	return "[" list "]"
}

function print_table(	i, id, first) {
	printf "%-32s %-6s %9s %9s %4s %7s\n", "", "", "stock", second, "", "ratio"
	for (i = 1; i <= ids; i++) {
		id = order[i]
		first = text[id] != text[order[i - 1]]
		printf "%-32s %-6s %9s %9s %4s %6sx%s\n", first ? text[id] : "",
			result_of(id), number(scaled(stock[id], id)),
			number(scaled(ours[id], id)), unit[id], number(ratio[id]),
			second == "ours" && ratio[id] < gate_of(id) ? " !" : ""
	}
	printf "Linux %s, medians of %d rounds in one boot\n", kernel, rounds
}

function print_markdown(	i, id) {
	printf "Linux %s, medians of %d rounds, both backends in one boot.\n\n", kernel, rounds
	print "| case | operation | stock | " second " | | ratio |"
	print "|---|---|--:|--:|---|--:|"
	for (i = 1; i <= ids; i++) {
		id = order[i]
		printf "| %s | %s | %s | %s | %s | %sx |\n", text[id], result_of(id),
			number(scaled(stock[id], id)), number(scaled(ours[id], id)),
			unit[id], number(ratio[id])
	}
}

function print_json(	i, id) {
	printf "{\n  \"kernel\": \"%s\",\n  \"rounds\": %d,\n  \"results\": [\n", kernel, rounds
	for (i = 1; i <= ids; i++) {
		id = order[i]
		printf "    {\"id\": \"%s\", \"text\": \"%s\", ", id, text[id]
		printf "\"stock_ns\": %.0f, \"ours_ns\": %.0f, ", stock[id], ours[id]
		printf "\"ratio\": %.3f, \"wanted\": %s,\n", ratio[id], gate_of(id)
		printf "     \"stock_samples\": %s,\n", samples_of(id, "stock")
		printf "     \"ours_samples\": %s}%s\n", samples_of(id, "ours"),
			i < ids ? "," : ""
	}
	printf "  ]\n}\n"
}

function print_gate(	i, id) {
	for (i = 1; i <= ids; i++) {
		id = order[i]
		if (ratio[id] >= gate_of(id))
			continue
		printf "too slow: %s (%s): %.2fx, wanted %sx\n", id, text[id], ratio[id],
			gate_of(id)
		missed++
	}
	# A gate for something that is not measured any more guards nothing.
	for (id in gate)
		if (id != "*" && !(id in unit)) {
			printf "gate.list: %s is not measured\n", id
			missed++
		}
	if (!missed)
		printf "all %d results are as fast as gate.list asks\n", ids
}

BEGIN {
	read_gates()
	second = "ours"
}

$1 != "bench:" { next }
$2 == "kernel" { kernel = $3 }
$2 == "stock" { second = "again" }
$2 == "end" { ended = 1 }
$2 == "case" {
	order[++ids] = $3
	unit[$3] = $4
	text[$3] = $0
	sub(/^bench: case [^ ]+ [^ ]+ /, "", text[$3])
}
$2 == "sample" {
	sample[$3, $4, ++count[$3, $4]] = $6
	if ($5 >= rounds)
		rounds = $5 + 1
}

END {
	if (!ended || !ids) {
		print "report: the measurement did not come to its end" > "/dev/stderr"
		exit 1
	}
	for (i = 1; i <= ids; i++) {
		id = order[i]
		if (count[id, "stock"] < rounds ||
		    count[id, "ours"] != count[id, "stock"]) {
			print "report: samples of " id " are missing" > "/dev/stderr"
			exit 1
		}
		stock[id] = median(id, "stock")
		ours[id] = median(id, "ours")
		ratio[id] = stock[id] / ours[id]
	}
	if (form == "markdown")
		print_markdown()
	else if (form == "json")
		print_json()
	else if (form == "gate")
		print_gate()
	else
		print_table()
	exit missed ? 1 : 0
}
