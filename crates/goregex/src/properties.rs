//! What holds for any source and any text.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn expressions_do_not_panic(source in r"[a-c(){}\[\]^$|*+?.,:\\0-9PQEpLdDwWsSbBzAxinms<>&~-]{0,24}", text in ".{0,12}") {
        for lines in [Lines::One, Lines::Many] {
            if let Ok(regex) = compile(source.as_bytes(), lines) {
                regex.is_match(text.as_bytes());
            }
        }
    }

    #[test]
    fn a_line_by_itself_is_matched_alike(source in r"[ab^$.\[\]*+?|()ds\\\\nz]{0,10}", lines in prop::collection::vec("[ab \t1]{0,4}", 1..5)) {
        let one = compile(source.as_bytes(), Lines::One);
        let many = compile(source.as_bytes(), Lines::Many);
        prop_assert_eq!(one.is_ok(), many.is_ok());
        if let (Ok(one), Ok(many)) = (one, many) {
            let any = lines.iter().any(|line| one.is_match(line.as_bytes()));
            prop_assert_eq!(many.is_match(lines.join("\n").as_bytes()), any);
        }
    }

    #[test]
    fn patterns_match_or_fail(pattern in "[\\[\\](){}*+?^$|.\\\\a-zA-Z0-9:&~<>-]{0,20}", text in "[a-z0-9é]{0,10}", template in "[a-z0-9${}é]{0,10}") {
        if let Ok(pattern) = Pattern::new(&pattern, 8 << 20) {
            let found = pattern.find_all(&text).count();
            prop_assert_eq!(found, pattern.all_groups(&text).count());
            prop_assert_eq!(found > 0, pattern.is_match(&text));
            for groups in pattern.all_groups(&text) {
                prop_assert_eq!(groups.len(), pattern.names().count());
                pattern.expand(&groups, &template, &mut String::new());
            }
        }
    }
}
