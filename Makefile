# Everything a person or CI does with this repository. `make help` lists it.
PREFIX ?= /usr/local
.PHONY: help deps build test demo docs install format lint

help:
	@echo "make demo                 build, train on this repository and its dependencies, show completions"
	@echo "make test                 every test: Swift, protocol, editors"
	@echo "make docs                 pages about the libraries that other packages can use"
	@echo "make install PREFIX=DIR   inkling and inkling-train with their grammars (default $(PREFIX))"
	@echo "make format               format the sources in place"

deps:
	@scripts/install-system-packages

build: deps
	@scripts/build-release >/dev/null

test: deps
	scripts/test

demo: deps
	scripts/demo

docs: deps
	scripts/docs

install: deps
	scripts/install "$(PREFIX)"

format:
	swift format -i --recursive --parallel Package.swift Sources Tests Fuzz

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Fuzz
