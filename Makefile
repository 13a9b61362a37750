# Two commands do everything on a fresh machine: `make demo` and `make test`.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# What pip cannot install: a browser that renders pages, an OCR engine, the libraries that shape right-to-left text and
# draw SVG and set formulas, fonts for twelve languages.
PACKAGES := python3-venv chromium-headless-shell libfribidi0 libcairo2 fontconfig libjs-katex fonts-katex \
  tesseract-ocr tesseract-ocr-rus tesseract-ocr-ara tesseract-ocr-kor tesseract-ocr-vie \
  fonts-dejavu-core fonts-liberation2 fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji fonts-nanum fonts-hosny-amiri fonts-lmodern \
  fonts-lato fonts-open-sans fonts-roboto-unhinted fonts-ebgaramond fonts-comfortaa fonts-lobstertwo fonts-kacst \
  fonts-ipafont fonts-vlgothic fonts-arphic-ukai fonts-wqy-zenhei fonts-unfonts-core

.PHONY: help demo test test-all bench lint install system clean
.DEFAULT_GOAL := help

help:
	@echo "make demo      curate real pages, make verified samples, train, evaluate, export, report: runs/demo/report/index.html"
	@echo "make test      lint, types and the fast tests      make test-all   the slow ones too"
	@echo "make bench     measure speeds and scorers          make lint       ruff and mypy alone"

demo: install
	$(BIN)/vlforge demo

test: install lint
	$(BIN)/pytest -n 2

test-all: install lint
	$(BIN)/pytest -n 2 -m "slow or not slow"

bench: install
	$(BIN)/vlforge fetch configs/demo/inputs.yaml
	$(BIN)/vlforge fetch configs/synth/inputs.yaml
	$(BIN)/python -m tests.bench

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

install: system $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "== installing vlforge and its requirements into $(VENV) (about three minutes)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[synth,embed,clip,judge,nsfw,aws,gcp,dev]"
	@touch $@

# Only what is missing is installed; without root the command is printed instead. The lists serve `vlforge fetch` too.
system:
	@if [ "$$(id -u)" = 0 ] && ! ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then \
	  echo "== apt-get update"; apt-get update -qq; fi
	@missing=""; for package in $(PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q "ok installed" || missing="$$missing $$package"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then echo "== installing system packages:$$missing"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	else echo "These system packages are needed; install them with:"; \
	  echo "  sudo apt-get update && sudo apt-get install --no-install-recommends$$missing"; exit 1; fi

clean:
	rm -rf $(VENV) data runs build *.egg-info
