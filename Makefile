# Everything a person or CI does with this repository. `make help` lists it.
PREFIX ?= /usr/local
.PHONY: help deps build test test-editors demo docs vscode install uninstall deb man format lint

help:
	@echo "make demo                 build, train on this repository and its dependencies, show completions"
	@echo "make test                 every test: Swift, protocol, editors"
	@echo "make test-editors         those that drive real editors alone; with INKLING_LONG_TESTS=1 the long ones, too"
	@echo "make vscode               the extension for Visual Studio Code, .build-editors/inkling.vsix"
	@echo "make docs                 pages about the libraries that other packages can use"
	@echo "make install PREFIX=DIR   programs, grammars, editors' plugins and manuals (default $(PREFIX)); DESTDIR is heeded"
	@echo "make uninstall PREFIX=DIR takes all of it away again"
	@echo "make deb                  a Debian package, in .build-deb"
	@echo "make man                  the manuals, in .build-man"
	@echo "make format               format the sources in place"

deps:
	@scripts/install-system-packages

build: deps
	@scripts/build-release >/dev/null

test:
	@scripts/install-system-packages editors
	scripts/test

test-editors:
	@scripts/install-system-packages editors
	scripts/test editors

vscode:
	scripts/vscode-extension .build-editors/inkling.vsix

demo: deps
	scripts/demo

docs: deps
	scripts/docs

install: deps
	DESTDIR="$(DESTDIR)" scripts/install "$(PREFIX)"

uninstall:
	DESTDIR="$(DESTDIR)" scripts/uninstall "$(PREFIX)"

deb: deps
	scripts/build-deb .build-deb

man: deps
	bin=$$(scripts/build-release) && scripts/man-pages "$$bin" .build-man

format:
	swift format -i --recursive --parallel Package.swift Sources Tests Fuzz

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Fuzz
