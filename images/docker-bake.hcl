# Every variant of mainstay/base, for amd64 and arm64, with its tags, labels and attestations.
#
#   images/bake --print          what would be built (images/bake gives VERSION, REVISION, the time)
#   images/bake debian-12        one of them, into the builder's cache; --push publishes
#   images/bake                  all

variable "IMAGE" { default = "mainstay/base" }

# The variant that has the tags without a suffix, and the one that -alpine means.
variable "DEFAULT" { default = "ubuntu-24.04" }
variable "ALPINE" { default = "alpine-3.24" }

# M.m.p: also tagged as M.m and M. Anything else is a tag of its own.
variable "VERSION" { default = "dev" }
variable "REVISION" { default = "" }

# Seconds since 1970: the time of every file that is newer, and of the image.
variable "SOURCE_DATE_EPOCH" { default = "" }

function "versions" {
  params = []
  result = length(regexall("^[0-9]+[.][0-9]+[.][0-9]+$", VERSION)) == 0 ? [VERSION] : [
    VERSION,
    join(".", slice(split(".", VERSION), 0, 2)),
    split(".", VERSION)[0],
  ]
}

function "suffixes" {
  params = [name]
  result = concat(["-${name}"], name == DEFAULT ? [""] : [], name == ALPINE ? ["-alpine"] : [])
}

target "image" {
  # One variant a line, and nothing else in braces: images/setup/names reads this too. ends: the
  # last day with security updates for everybody from who makes the base.
  matrix = {
    variant = [
      { name = "ubuntu-18.04", base = "ubuntu:18.04", ends = "2023-05-31" },
      { name = "ubuntu-20.04", base = "ubuntu:20.04", ends = "2025-05-31" },
      { name = "ubuntu-22.04", base = "ubuntu:22.04", ends = "2027-04-30" },
      { name = "ubuntu-24.04", base = "ubuntu:24.04", ends = "2029-04-30" },
      { name = "ubuntu-26.04", base = "ubuntu:26.04", ends = "2031-04-30" },
      { name = "debian-12", base = "debian:12-slim", ends = "2028-06-30" },
      { name = "debian-13", base = "debian:13-slim", ends = "2030-06-30" },
      { name = "alpine-3.23", base = "alpine:3.23", ends = "2027-11-01" },
      { name = "alpine-3.24", base = "alpine:3.24", ends = "2028-05-01" },
      { name = "centos-7", base = "centos:7", ends = "2024-06-30" },
      { name = "centos-8", base = "centos:8", ends = "2021-12-31" },
      { name = "rockylinux-8", base = "rockylinux/rockylinux:8", ends = "2029-05-31" },
      { name = "rockylinux-9", base = "rockylinux/rockylinux:9", ends = "2032-05-31" },
      { name = "rockylinux-10", base = "rockylinux/rockylinux:10", ends = "2035-05-31" },
      { name = "static", base = "scratch", ends = "" },
    ]
  }
  name       = replace(variant.name, ".", "-")
  context    = "."
  dockerfile = "images/Dockerfile"
  target     = variant.name == "static" ? "static" : "image"
  platforms  = ["linux/amd64", "linux/arm64"]
  args = {
    BASE              = variant.base
    VARIANT           = variant.name
    END_OF_LIFE       = variant.ends
    VERSION           = VERSION
    REVISION          = REVISION
    SOURCE_DATE_EPOCH = SOURCE_DATE_EPOCH
    CREATED           = SOURCE_DATE_EPOCH == "" ? "" : timeadd("1970-01-01T00:00:00Z", "${SOURCE_DATE_EPOCH}s")
  }
  tags   = [for pair in setproduct(versions(), suffixes(variant.name)) : "${IMAGE}:${pair[0]}${pair[1]}"]
  attest = ["type=provenance,mode=max", "type=sbom"]
}

group "default" {
  targets = ["image"]
}
