mod chain;
mod corrections;
mod fixture;
mod holds;
mod property;
mod takes;
mod tally;
mod times;
