//! The inside of an action: declarations, commands, operands.

use super::{MOST_VARIABLES, Parsed, Parser};
use crate::lexer::Kind;
use crate::number;
use crate::quote::{quote, unquote};
use crate::tree::{Arg, Command, Operand, Pipe};

impl Parser<'_, '_> {
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<Pipe> {
        let mut pipe = Pipe {
            pos: self.peek_word().pos,
            declared: Vec::new(),
            assigns: false,
            commands: Vec::new(),
        };
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.next_word();
            match token.kind {
                kind if kind == end => {
                    self.check(&pipe, context)?;
                    return Ok(pipe);
                }
                Kind::Bool
                | Kind::CharConstant
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawStr
                | Kind::Str
                | Kind::Variable
                | Kind::LeftParen => {
                    self.at -= 1;
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
                _ => return Err(self.unexpected(&token, context)),
            }
        }
    }

    /// `$x :=`, `$x =`, and for a range `$i, $x :=`.
    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Parsed<()> {
        loop {
            let variable = self.peek_word();
            if variable.kind != Kind::Variable {
                return Ok(());
            }
            let before = self.at;
            self.next();
            let next = self.peek_word();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    pipe.assigns = next.kind == Kind::Assign;
                    self.next();
                    pipe.declared.push(variable.text.clone().into_owned());
                    self.declare(variable.text.into_owned())?;
                    return Ok(());
                }
                Kind::Char if next.text == "," => {
                    self.next();
                    pipe.declared.push(variable.text.clone().into_owned());
                    self.declare(variable.text.into_owned())?;
                    if context != "range" || pipe.declared.len() >= 2 {
                        return Err(self.error(format!("too many declarations in {context}")));
                    }
                    let second = self.peek_word().kind;
                    if !matches!(second, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                        return Err(self.error("range can only initialize variables"));
                    }
                }
                _ => {
                    self.at = before;
                    return Ok(());
                }
            }
        }
    }

    fn declare(&mut self, name: String) -> Parsed<()> {
        if self.variables.len() >= MOST_VARIABLES {
            return Err(self.error(format!("more than {MOST_VARIABLES} variables in one scope")));
        }
        self.variables.push(name);
        Ok(())
    }

    fn check(&self, pipe: &Pipe, context: &str) -> Parsed<()> {
        if pipe.commands.is_empty() {
            return Err(self.error(format!("missing value for {context}")));
        }
        for (index, command) in pipe.commands.iter().enumerate().skip(1) {
            let first = command.args.first().map(|arg| &arg.what);
            if matches!(
                first,
                Some(
                    Operand::Bool(_)
                        | Operand::Dot
                        | Operand::Nil
                        | Operand::Number(..)
                        | Operand::Str(..)
                )
            ) {
                let stage = index + 1;
                return Err(self.error(format!("non executable command in pipeline stage {stage}")));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Parsed<Command> {
        let pos = self.peek_word().pos;
        let mut args = Vec::new();
        loop {
            self.skip_space();
            if let Some(arg) = self.operand()? {
                args.push(arg);
            }
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.at -= 1,
                Kind::Pipe => {}
                _ => return Err(self.unexpected(&token, "operand")),
            }
            break;
        }
        if args.is_empty() {
            return Err(self.error("empty command"));
        }
        Ok(Command { pos, args })
    }

    /// A term and the fields behind it.
    fn operand(&mut self) -> Parsed<Option<Arg>> {
        let Some(term) = self.term()? else {
            return Ok(None);
        };
        let chain = self.peek();
        if chain.kind != Kind::Field {
            return Ok(Some(term));
        }
        let mut names = Vec::new();
        while self.peek().kind == Kind::Field {
            let field = self.next();
            names.push(field.text.trim_start_matches('.').to_owned());
        }
        // Go gives such an operand the place of its second name.
        let pos = chain.pos;
        let what = match term.what {
            Operand::Field(mut first) => {
                first.append(&mut names);
                Operand::Field(first)
            }
            Operand::Variable(name, mut fields) => {
                fields.append(&mut names);
                Operand::Variable(name, fields)
            }
            Operand::Bool(_)
            | Operand::Str(..)
            | Operand::Number(..)
            | Operand::Nil
            | Operand::Dot => {
                let shown = quote(&term.to_string());
                return Err(self.error(format!("unexpected . after term {shown}")));
            }
            Operand::Chain(..) | Operand::Function(_) | Operand::Pipe(_) => {
                Operand::Chain(Box::new(term), names)
            }
        };
        Ok(Some(Arg { pos, what }))
    }

    fn term(&mut self) -> Parsed<Option<Arg>> {
        let token = self.next_word();
        let pos = token.pos;
        let text = token.text.as_ref();
        let what = match token.kind {
            Kind::Identifier => {
                if crate::functions::find(text).is_none() {
                    return Err(self.error(format!("function {} not defined", quote(text))));
                }
                Operand::Function(text.to_owned())
            }
            Kind::Dot => Operand::Dot,
            Kind::Nil => Operand::Nil,
            Kind::Variable => {
                if !self.variables.iter().any(|known| known == text) {
                    return Err(self.error(format!("undefined variable {}", quote(text))));
                }
                Operand::Variable(text.to_owned(), Vec::new())
            }
            Kind::Field => Operand::Field(vec![text.trim_start_matches('.').to_owned()]),
            Kind::Bool => Operand::Bool(text == "true"),
            Kind::CharConstant | Kind::Number => {
                match number::constant(text, token.kind == Kind::CharConstant) {
                    Ok(number) => Operand::Number(text.to_owned(), number),
                    Err(message) => return Err(self.error(message)),
                }
            }
            Kind::LeftParen => {
                self.deeper()?;
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
                self.depth -= 1;
                let pos = pipe.pos;
                return Ok(Some(Arg {
                    pos,
                    what: Operand::Pipe(pipe),
                }));
            }
            Kind::Str | Kind::RawStr => match unquote(text) {
                Some(value) => Operand::Str(text.to_owned(), value),
                None => return Err(self.error("invalid syntax")),
            },
            _ => {
                self.at -= 1;
                return Ok(None);
            }
        };
        Ok(Some(Arg { pos, what }))
    }
}
