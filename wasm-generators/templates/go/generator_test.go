package main

import (
	"slices"
	"testing"

	"generator/datagen"
)

func TestCodesHaveTheirPrefixAndDigits(t *testing.T) {
	codes, err := datagen.Trial(code, Parameters{Prefix: "T", Digits: 4}, 42, 7)
	if err != nil || !slices.Equal(codes, []string{"T-7123", "T-3095"}) {
		t.Fatal(codes, err)
	}
}

func TestTooManyDigitsAreRefused(t *testing.T) {
	if check(Parameters{Digits: 19}) == nil {
		t.Fatal("19 digits are taken")
	}
}
